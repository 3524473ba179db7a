//! A backup that is made under load and restored: what was issued before is void everywhere, unless
//! it is to go on.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use scopegate_core::algorithm::Algorithm;
use scopegate_store::{sqlite_url, testing::Cluster};

use crate::{
    clients::spa,
    harness::{
        Answer, AuthServer, OTHER_SECRET, Place, REACH, Stack, Tokens, eventually, is_postgres,
        root, skip,
    },
};

mod before;

use before::before;

/// How often a command is killed, each time later.
const ROUNDS: u32 = 8;

const REFUSED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn after_a_restore_nothing_counts_that_a_shared_key_has_signed() {
    everything_ends(Algorithm::Hs256).await;
}

#[tokio::test]
async fn after_a_restore_nothing_counts_that_a_key_pair_has_signed() {
    everything_ends(Algorithm::EdDsa).await;
}

/// DB12, on the machine itself.
async fn everything_ends(algorithm: Algorithm) {
    let before = before(algorithm).await;
    let place = &before.place;
    let file = before.file.to_str().expect("UTF-8");
    let line = place.run(&["restore", file]).refused();
    assert!(line.contains("is not empty") && line.contains("--replace"), "{line}");
    let restored = place.run(&["restore", file, "--replace", "--json"]).json();
    assert_eq!(restored["tokens"], "void", "{restored}");
    assert!(restored["logins_ended"].as_u64() >= Some(2), "{restored}");
    assert_eq!(restored["sessions_ended"], 1, "{restored}");

    let (auth, resource) = Stack::programs(place, |_| {}).await;
    for (row, tokens) in
        [("known", &before.known), ("revoked", &before.revoked), ("unknown", &before.unknown)]
    {
        let asked = resource.ask("/status/", &tokens.access).await.problem();
        assert_eq!((asked.0, asked.1.as_str()), REFUSED, "DB12 {row}");
        let refreshed = auth.refresh(&tokens.refresh).await;
        assert_eq!(refreshed.verdict(), (400, "invalid_grant".to_owned()), "DB12 {row}");
        assert!(!is_active(&auth, &tokens.access).await, "DB12 {row}");
        assert!(!is_active(&auth, &tokens.refresh).await, "DB12 {row}");
    }
    let redeemed = auth.token(&spa::exchange(&before.code)).await;
    assert_eq!(redeemed.verdict(), (400, "invalid_grant".to_owned()), "DB12");
    let new = auth.login("me items").await;
    assert_eq!(resource.ask("/users/me/items/", &new.access).await.status, 200);
    Tokens::of(&auth.refresh(&new.refresh).await);
    let told = place.run(&["audit", "--event", "restore"]).done();
    assert!(told.contains("every token void"), "{told}");
}

#[tokio::test]
async fn with_keep_tokens_a_fresh_machine_goes_on_where_the_backup_was_made() {
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
        let before = before(algorithm).await;
        let fresh = Place::empty().signing(algorithm);
        let file = before.file.to_str().expect("UTF-8");
        let told = fresh.run(&["restore", file, "--keep-tokens"]).done();
        assert!(told.contains("also those that were revoked since"), "{told}");
        for key in ["private/server.key", "shared/shared.key"] {
            if fresh.data(key).exists() {
                assert_eq!(fresh.mode(key), 0o600, "{key}");
            }
        }
        let (auth, resource) = Stack::programs(&fresh, |_| {}).await;
        for tokens in [&before.known, &before.revoked] {
            let asked = resource.ask("/status/", &tokens.access).await;
            assert_eq!(asked.status, 200, "{algorithm}: {asked:?}");
            Tokens::of(&auth.refresh(&tokens.refresh).await);
        }
        let refreshed = auth.refresh(&before.unknown.refresh).await;
        assert_eq!(refreshed.verdict(), (400, "invalid_grant".to_owned()), "it is not known");
    }
}

#[tokio::test]
async fn a_backup_moves_from_either_database_into_the_other() {
    let Some(cluster) = Cluster::shared() else { return skip("the move to PostgreSQL", "it") };
    let before = before(Algorithm::Hs256).await;
    let folder = Place::empty();
    for (n, url) in
        [cluster.create_database(), sqlite_url(&folder.path("moved.db"))].into_iter().enumerate()
    {
        let target = Place::empty().with_database(url);
        let file = before.file.to_str().expect("UTF-8");
        target.run(&["restore", file, "--keep-tokens"]).done();
        let again = folder.path(&format!("again-{n}.db"));
        target.run(&["backup", again.to_str().expect("UTF-8")]).done();
        let last = Place::empty();
        last.run(&["restore", again.to_str().expect("UTF-8"), "--keep-tokens"]).done();
        let (_auth, resource) = Stack::programs(&last, |_| {}).await;
        assert_eq!(resource.ask("/status/", &before.known.access).await.status, 200);
    }
}

#[tokio::test]
async fn void_tokens_ends_everything_while_both_programs_run() {
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
        let stack = Stack::signing(algorithm).await;
        let tokens = stack.auth.login("me").await;
        assert_eq!(stack.resource.ask("/status/", &tokens.access).await.status, 200);
        let line = stack.place.run(&["store", "void-tokens"]).refused();
        assert!(line.contains("--yes"), "{line}");
        stack.place.run(&["store", "void-tokens", "--yes"]).done();
        stack.resource.comes_to(REACH, "/status/", &tokens.access, REFUSED).await;
        let refreshed = stack.auth.refresh(&tokens.refresh).await;
        assert_eq!(refreshed.verdict(), (400, "invalid_grant".to_owned()));
        let again = stack.place.run(&["store", "void-tokens", "--yes"]).done();
        assert!(again.contains("0 logins and 0 browser sessions"), "{again}");
        eventually("new tokens are good", 5 * REACH, async || {
            let answer = stack.auth.password("johndoe", "secret", "me").await;
            let access = (answer.status == 200).then(|| answer.text("access_token"))?;
            (stack.resource.ask("/status/", &access).await.status == 200).then_some(())
        })
        .await;
        let told = stack.place.run(&["audit", "--event", "store.void-tokens", "--json"]).json();
        assert_eq!(told.as_array().map(Vec::len), Some(4), "begun and done, twice: {told}");
    }
}

#[tokio::test]
async fn a_restore_is_refused_in_one_line_and_changes_nothing() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me").await;
    let (file, bare) = (stack.place.path("backup.db"), stack.place.path("bare.db"));
    let (file, bare) = (file.to_str().expect("UTF-8"), bare.to_str().expect("UTF-8"));
    stack.place.run(&["backup", file]).done();
    let printed = stack.place.run(&["backup", bare, "--without-keys", "--json"]).json();
    assert_eq!(printed["keys"], serde_json::json!([]), "{printed}");
    let key = stack.place.shared_key();
    assert!(!contains(Path::new(bare), key.trim()), "a backup without keys has none");
    let line = stack.place.run(&["backup", file]).refused();
    assert!(line.contains("is there already"), "{line}");
    let line = stack.place.run(&["restore", file, "--replace"]).refused();
    assert!(line.contains("in use"), "{line}");
    assert_eq!(stack.resource.ask("/status/", &tokens.access).await.status, 200);

    let fresh = Place::empty();
    let line = fresh.run(&["restore", bare]).refused();
    assert!(line.contains("server key that the database was made with"), "{line}");
    let cargo = root().join("Cargo.toml");
    let line = fresh.run(&["restore", cargo.to_str().expect("UTF-8")]).refused();
    assert!(line.contains("is no backup"), "{line}");
    assert!(!fresh.data("shared/scopegate.db").exists(), "nothing is made for nothing");
    let wrong = ["restore", file, "--keep-tokens", "--shared-key-is-new"];
    assert_eq!(fresh.run(&wrong).outcome().code, Some(2));
    // With the key in place it goes.
    std::fs::create_dir_all(fresh.data("private")).expect("the folder is ours");
    std::fs::copy(stack.place.data("private/server.key"), fresh.data("private/server.key"))
        .expect("auth-server made it");
    fresh.run(&["restore", bare]).done();
    Stack::programs(&fresh, |_| {}).await.0.login("me").await;
}

#[tokio::test]
async fn what_is_replaced_lies_aside() {
    let before = before(Algorithm::Hs256).await;
    let other = Place::new();
    AuthServer::start(&other).await.stop().await;
    let file = before.file.to_str().expect("UTF-8");
    let server_key = std::fs::read(other.data("private/server.key")).expect("it was made");
    let restored = other.run(&["restore", file, "--replace", "--keep-tokens", "--json"]).json();
    let aside = restored["put_aside"].as_array().expect("a list");
    let aside: Vec<_> = aside.iter().map(|path| path.as_str().expect("a path")).collect();
    let kept = aside.iter().find(|path| path.contains("server.key")).expect("the old key");
    assert_eq!(std::fs::read(kept).expect("it lies there"), server_key);
    let database = aside.iter().find(|path| path.contains("scopegate.db"));
    assert_eq!(database.is_none(), is_postgres());
    if let Some(database) = database {
        let url = sqlite_url(Path::new(database));
        let told = other.run_with(&["audit"], |settings| {
            settings.set("database-url", url);
        });
        assert!(told.done().contains("apply ("), "the old audit log can be read");
    }
    Stack::programs(&other, |_| {}).await;
}

#[tokio::test]
async fn a_backup_is_tested_in_a_folder_of_its_own_whatever_the_settings_say() {
    let before = before(Algorithm::Hs256).await;
    let file = before.file.to_str().expect("UTF-8");
    let (place, folder) = (&before.place, before.place.path("test"));
    let there = place.path("elsewhere.key");
    std::fs::copy(place.data("shared/shared.key"), &there).expect("it is there");
    let key = std::fs::read(&there).expect("it is there");
    let told =
        place.run_with(&["restore", file, "--into", folder.to_str().expect("UTF-8")], |set| {
            set.set("shared-key-file", there.display().to_string());
        });
    assert!(told.done().contains("and no server uses it"));
    assert_eq!(std::fs::read(&there).expect("it is there"), key, "the key in use stays");
    let url = sqlite_url(&folder.join("shared/scopegate.db"));
    let users = place.run_with(&["user", "list", "--json"], |set| {
        set.set("database-url", url);
    });
    assert_eq!(users.json().as_array().map(Vec::len), Some(8));
    let line = place.run(&["restore", file, "--into", folder.to_str().expect("UTF-8")]).refused();
    assert!(line.contains("is not empty"), "{line}");
    let (_auth, resource) = Stack::programs(place, |_| {}).await;
    assert_eq!(resource.ask("/status/", &before.known.access).await.status, 200, "it goes on");
}

#[tokio::test]
async fn a_shared_key_that_is_in_the_backup_is_not_new() {
    let before = before(Algorithm::Hs256).await;
    let file = before.file.to_str().expect("UTF-8");
    let told = ["restore", file, "--replace", "--shared-key-is-new"];
    let line = before.place.run(&told).refused();
    assert!(line.contains("is not new") && line.contains("shared.key"), "{line}");
    let path = before.place.data("shared/shared.key");
    std::fs::write(&path, "another key, made by somebody who knows how to\n").expect("it is ours");
    let done = before.place.run(&told).done();
    assert!(done.contains("is taken from --shared-key-is-new"), "{done}");
}

#[tokio::test]
async fn a_command_that_is_killed_leaves_the_old_or_the_new() {
    let before = before(Algorithm::Hs256).await;
    let file = before.file.to_str().expect("UTF-8");
    let usual = {
        let begun = Instant::now();
        Place::empty().run(&["restore", file]).done();
        begun.elapsed()
    };
    for round in 0..ROUNDS {
        let moment = usual * round / (ROUNDS - 2);
        let half = before.place.path(&format!("half-{round}.db"));
        kill_after(&before.place, &["backup", half.to_str().expect("UTF-8")], moment).await;
        if half.exists() {
            Place::empty().run(&["restore", half.to_str().expect("UTF-8")]).done();
        }
        let target = Place::empty();
        kill_after(&target, &["restore", file], moment).await;
        let users = target.run(&["user", "list", "--json"]).outcome();
        let users = serde_json::from_str(&users.stdout).unwrap_or_else(|_| serde_json::json!([]));
        match users.as_array().map(Vec::len) {
            Some(8) => {}
            // PostgreSQL needs a moment to see that its client is gone.
            Some(0) => {
                eventually("it is restored after all", REACH, async || {
                    (target.run(&["restore", file]).outcome().code == Some(0)).then_some(())
                })
                .await;
            }
            some => panic!("neither the old nor the new: {some:?} users in round {round}"),
        }
    }
}

async fn is_active(auth: &AuthServer, token: &str) -> bool {
    let request = auth.http.post(format!("{}/introspect", auth.url));
    let request = request.basic_auth("other", Some(OTHER_SECRET)).form(&[("token", token)]);
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["active"] == true
}

/// Starts a command and kills it that much later, if it still runs.
async fn kill_after(place: &Place, arguments: &[&str], moment: Duration) {
    let mut child = place.run(arguments).start();
    tokio::time::sleep(moment).await;
    // An error means that it has ended.
    let _ = kill_process(Pid::from_child(&child), Signal::KILL);
    child.wait().expect("it is our child");
}

fn contains(file: &Path, text: &str) -> bool {
    let content = std::fs::read(file).expect("it is ours");
    content.windows(text.len()).any(|part| part == text.as_bytes())
}
