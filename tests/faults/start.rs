//! Storage that fails before a start: one line that says what, exit 1, and no panic.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use crate::harness::{AuthServer, Place, Run, Tokens, is_postgres, programs, say};

/// Root may do anything; without these it is bound by modes as everybody is.
const BOUND: &str = "--bounding-set=-dac_override,-dac_read_search";

/// A fault at a path of the data folder, what brings it about, and what the line says.
type Row = (&'static str, &'static str, fn(&Path), &'static str);

#[tokio::test]
async fn what_is_no_database_is_refused_in_one_line_that_says_so() {
    if is_postgres() {
        return say("skipped: the file of SQLite");
    }
    let text = |path: &Path| fs::write(path, "hello, this is a text").expect("ours");
    let noise = |path: &Path| fs::write(path, vec![0xA5; 50_000]).expect("ours");
    let header = |path: &Path| overwrite(path, &[0xA5; 100]);
    let rows: [Row; 5] = [
        ("a text", FILE, text, "the database is damaged"),
        ("noise", FILE, noise, "the database is damaged"),
        ("a broken header", FILE, header, "the database is damaged"),
        ("cut to its header", FILE, |path| cut(path, 100), "the database is damaged"),
        ("cut", FILE, |path| cut(path, 5 * 4096), "the database is damaged"),
    ];
    let row: Row = ("a folder", FILE, in_its_place, "unable to open");
    refuses(&rows).await;
    refuses(&[row]).await;
}

#[tokio::test]
async fn db03_what_may_not_be_read_or_written_is_refused_in_one_line_that_names_it() {
    if is_postgres() {
        return say("skipped: the file of SQLite");
    }
    if rustix::process::geteuid().is_root() && !may_be_bound() {
        return say("skipped: modes bind nobody here, and root cannot be bound");
    }
    let rows: [Row; 5] = [
        ("DB03 read-only", FILE, |path| mode(path, 0o400), "the database cannot be written"),
        ("unreadable", FILE, |path| mode(path, 0), "unable to open"),
        ("an unreadable key", "shared/shared.key", |path| mode(path, 0), "shared.key"),
        ("an unreadable key", "private/server.key", |path| mode(path, 0), "server.key"),
        ("DB03 the folder", "shared", |path| mode(path, 0o500), "the database cannot be written"),
    ];
    refuses(&rows).await;
    let place = Place::empty();
    fs::create_dir(place.path("data")).expect("ours");
    mode(&place.path("data"), 0o500);
    let line = serve(&place).refused();
    assert!(line.contains("cannot create"), "no place for a new one: {line}");
}

#[tokio::test]
async fn noise_in_the_place_of_the_log_is_left_out_and_the_file_is_used() {
    if is_postgres() {
        return say("skipped: the file of SQLite");
    }
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let token = auth.login("me").await.refresh;
    assert_eq!(auth.stop().await.code(), Some(0));
    fs::write(place.data("shared/scopegate.db-wal"), vec![0xA5; 50_000]).expect("ours");
    let auth = AuthServer::start(&place).await;
    Tokens::of(&auth.refresh(&token).await);
}

const FILE: &str = "shared/scopegate.db";

/// Each fault, on a store that was used and stopped.
async fn refuses(rows: &[Row]) {
    for (row, name, inflict, expected) in rows {
        let place = Place::new();
        assert_eq!(AuthServer::start(&place).await.stop().await.code(), Some(0), "{row}");
        let path = place.data(name);
        inflict(&path);
        let outcome = serve(&place).outcome();
        // So that the folder can be taken away.
        if path.exists() {
            mode(&path, 0o700);
        }
        assert_eq!(outcome.code, Some(1), "{row} {name}: {outcome:?}");
        let last = outcome.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("auth-server: ") && last.contains(expected), "{row}: {outcome:?}");
        assert!(!outcome.stderr.contains("panicked"), "{row}: {outcome:?}");
    }
}

/// `serve`, bound by modes.
fn serve(place: &Place) -> Run {
    let mut settings = place.serve_settings();
    settings.unset("apply");
    if !may_be_bound() {
        return Run::new(settings.command(&programs().auth_server, &["serve"]));
    }
    let program = programs().auth_server.to_str().expect("cargo's paths are text");
    Run::new(settings.command(Path::new("setpriv"), &[BOUND, program, "serve"]))
}

fn may_be_bound() -> bool {
    Command::new("setpriv").args([BOUND, "true"]).output().is_ok_and(|tried| tried.status.success())
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
}

fn cut(path: &Path, length: u64) {
    fs::File::options().write(true).open(path).and_then(|file| file.set_len(length)).expect("ours");
}

fn overwrite(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    let file = fs::File::options().write(true).open(path).expect("ours");
    file.write_all_at(bytes, 0).expect("ours");
}

fn in_its_place(path: &Path) {
    fs::remove_file(path).expect("ours");
    fs::create_dir(path).expect("ours");
}
