//! Storage that fails while the programs run: what cannot be stored is not issued, nobody is told that
//! it was his fault, and it goes on by itself when the storage is back.

mod damage;
mod start;
mod witness;

use std::{fs, process::Command};

use self::witness::{Reads, Witness};
use crate::harness::{AuthServer, Lock, Place, ResourceApi, is_postgres, say};

/// Whoever is given more than the limit of `RLIMIT_FSIZE` is told so, and not ended.
const IGNORE_XFSZ: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// The folder is a disk of its own, of this size, which the process alone sees.
const SMALL_DISK: &str =
    "folder=$1; shift; mount -t tmpfs -o size=4m,mode=700 none \"$folder\" && exec \"$@\"";

#[tokio::test]
async fn a_file_that_cannot_grow_is_503_and_nothing_is_issued_that_is_not_stored() {
    if is_postgres() {
        return say("skipped: a full disk under SQLite");
    }
    let place = Place::new();
    let auth = AuthServer::under(&IGNORE_XFSZ, &place).await;
    let resource = ResourceApi::start(&place).await;
    let witness = Witness::before(&auth, &resource).await;
    for _ in 0..3 {
        auth.process.limit_files(Some(1));
        let met = witness.meets("no byte more", Reads::Work).await;
        auth.process.limit_files(None);
        witness.goes_on("room again", met).await;
    }
    witness.ends().await;
}

#[tokio::test]
async fn a_full_disk_is_503_until_there_is_room() {
    let folder = Place::new();
    let Some(unshare) = unshare(&folder) else {
        return say("skipped: a full disk needs a mount namespace, which this machine refuses");
    };
    if is_postgres() {
        return say("skipped: a full disk under SQLite");
    }
    let place = folder;
    let arguments: Vec<&str> = unshare.iter().map(String::as_str).collect();
    let auth = AuthServer::under(&arguments, &place).await;
    let inside = format!("/proc/{}/root{}", auth.process.id(), place.path("data").display());
    let filler = format!("{inside}/filler");
    let witness = Witness::alone(&auth).await;
    for _ in 0..3 {
        let fault = fs::write(&filler, vec![1; 8 << 20]).expect_err("it is smaller than that");
        assert_eq!(fault.raw_os_error(), Some(28), "ENOSPC");
        // The log may still have room for some writes: those that were answered are stored.
        let met = witness.meets_until_full("a full disk").await;
        fs::remove_file(&filler).expect("it was written");
        witness.goes_on("room again", met).await;
    }
    witness.ends().await;
}

#[tokio::test]
async fn db01_while_another_program_holds_the_database_nothing_is_written_and_nobody_blamed() {
    let place = Place::new();
    let auth = AuthServer::under(&["env"], &place).await;
    let resource = ResourceApi::start(&place).await;
    let witness = Witness::before(&auth, &resource).await;
    let lock = Lock::take(&place).await;
    let met = witness.meets("DB01 locked", Reads::Work).await;
    lock.release().await;
    witness.goes_on("DB01 released", met).await;
    witness.ends().await;
}

#[tokio::test]
async fn db03_a_file_that_is_moved_away_is_not_made_anew_and_goes_on_when_it_is_back() {
    if is_postgres() {
        return say("skipped: the file of SQLite");
    }
    let place = Place::new();
    let auth = AuthServer::under(&["env"], &place).await;
    let witness = Witness::alone(&auth).await;
    let (file, aside) = (place.data("shared/scopegate.db"), place.data("shared/aside"));
    fs::rename(&file, &aside).expect("the folder is ours");
    let met = witness.meets("DB03 moved away", Reads::Fail).await;
    assert!(!file.exists(), "DB03: it is not made anew");
    fs::write(&file, "something else").expect("the folder is ours");
    let also = witness.meets("DB03 replaced", Reads::Fail).await;
    fs::rename(&aside, &file).expect("the folder is ours");
    witness.goes_on("DB03 back", [met, also].concat()).await;
    witness.ends().await;
}

/// The command that gives a process a small disk at the data folder, where this machine lets us.
fn unshare(place: &Place) -> Option<Vec<String>> {
    let folder = place.path("data");
    fs::create_dir_all(&folder).expect("the folder is ours");
    let mut command: Vec<String> = vec!["unshare".into(), "--mount".into()];
    if !rustix::process::geteuid().is_root() {
        command.push("--map-root-user".into());
    }
    command.extend(["sh", "-c", SMALL_DISK, "sh"].map(String::from));
    command.push(folder.display().to_string());
    let tried = Command::new(&command[0]).args(&command[1..]).arg("true").output();
    tried.is_ok_and(|output| output.status.success()).then_some(command)
}
