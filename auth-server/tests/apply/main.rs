//! Stories of `apply` against a store of its own: what a file brings in, and what it leaves alone.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc, time::Duration};

use auth_server::{
    apply::{self, File, Report, report::Outcome},
    identity::{PasswordHash, Verdict},
    oauth::client_secret,
    secret::Secret,
};
use scopegate_core::scope::Scope;
use scopegate_store::{Reader, clients, items, scopes, users};

use crate::place::{FILE, NOW, Place, command, outcome, url};

mod place;
mod refusals;

#[tokio::test]
async fn a_file_brings_in_scopes_clients_users_and_items() {
    let place = Place::new().await;
    let report = place.apply(FILE).await.unwrap();
    assert!(report.entries.iter().all(|line| line.outcome == Outcome::Added), "{report}");

    let john = place.user("johndoe").await.unwrap();
    assert_eq!(john.full_name.as_deref(), Some("John Doe"));
    assert_eq!(john.scopes, Scope::parse("me items").unwrap());
    let hash = PasswordHash::parse(&john.password_hash.unwrap()).unwrap();
    let password = Secret::new("secret".to_owned());
    assert_eq!(place.hasher.verify(password, Some(hash)).await, Ok(Verdict::Right));

    assert!(place.client("first-party").await.unwrap().is_public());
    let mut conn = place.store.read().await.unwrap();
    assert_eq!(items::of_owner(&mut conn, "johndoe").await.unwrap().len(), 1);
    let uris = clients::redirect_uris(&mut conn, "web").await.unwrap();
    assert_eq!(uris, ["https://app.example/callback"]);
}

#[tokio::test]
async fn a_second_run_changes_nothing_and_says_so() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    let (john, web) = (place.user("johndoe").await, place.client("web").await);
    place.clock.advance(Duration::from_mins(1));
    let report = place.apply(FILE).await.unwrap();
    assert_eq!(report.to_string(), "nothing to change");
    assert_eq!((place.user("johndoe").await, place.client("web").await), (john, web));
}

#[tokio::test]
async fn a_confidential_client_without_a_secret_gets_one_in_a_file() {
    let place = Place::new().await;
    let report = place.apply(FILE).await.unwrap();
    let path = place.secret_file();
    assert!(report.to_string().contains(&format!("its secret in {}", path.display())), "{report}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = Secret::new(fs::read_to_string(&path).unwrap().trim_end().to_owned());
    let kept = place.client("web").await.unwrap().secret_sha256;
    assert_eq!(kept, Some(client_secret::sha256_hex(&secret)));
}

#[tokio::test]
async fn a_secret_file_left_by_an_apply_that_was_killed_is_used() {
    let place = Place::new().await;
    let secret = "0123456789abcdef0123456789abcdef";
    fs::create_dir_all(place.secret_file().parent().unwrap()).unwrap();
    fs::write(place.secret_file(), format!("{secret}\n")).unwrap();
    place.apply(FILE).await.unwrap();
    let kept = place.client("web").await.unwrap().secret_sha256;
    assert_eq!(kept, Some(client_secret::sha256_hex(&Secret::new(secret.to_owned()))));
}

#[tokio::test]
async fn a_client_that_exists_gets_no_new_secret() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    let kept = place.client("web").await.unwrap().secret_sha256;
    fs::remove_file(place.secret_file()).unwrap();
    place.apply(&FILE.replace("Web app", "The web app")).await.unwrap();
    assert_eq!(place.client("web").await.unwrap().secret_sha256, kept);
    assert!(!place.secret_file().exists());
}

#[tokio::test]
async fn a_restart_leaves_what_commands_changed() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    command!(place, |conn| users::set_disabled(conn, "johndoe", true, NOW));
    command!(place, |conn| users::set_password(conn, "johndoe", "$2b$12$x", NOW));
    command!(place, |conn| clients::rotate_secret(conn, "web", "new", None, NOW));
    let report = place.apply(FILE).await.unwrap();
    assert_eq!(
        report.to_string(),
        "leaves user \"johndoe\": a command changed disabled\nnothing to change"
    );
    let john = place.user("johndoe").await.unwrap();
    assert_eq!((john.disabled, john.password_hash.as_deref()), (true, Some("$2b$12$x")));
    assert_eq!(place.client("web").await.unwrap().secret_sha256.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_change_in_the_file_wins_over_a_command() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    command!(place, |conn| users::set_profile(conn, "johndoe", Some(Some("J")), None, NOW));
    let changed = FILE.replace("John Doe", "Johnny").replace("\"secret\"", "\"another\"").replace(
        "id = \"first-party\"",
        "id = \"first-party\"\nname = \"App\"\nconsent = \"skip\"",
    );
    let report = place.apply(&changed).await.unwrap();
    assert_eq!(
        report.to_string(),
        "changes client \"first-party\": name, consent\n\
         changes user \"johndoe\": full_name, password\n\
         0 added, 2 changed, 4 as they were"
    );
    let john = place.user("johndoe").await.unwrap();
    assert_eq!((john.full_name.as_deref(), john.credential_version), (Some("Johnny"), 2));
    assert_eq!(place.apply(&changed).await.unwrap().to_string(), "nothing to change");
}

#[tokio::test]
async fn what_a_command_deleted_stays_deleted() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    command!(place, |conn| users::delete(conn, "johndoe", NOW));
    command!(place, |conn| clients::delete(conn, "web", NOW));
    command!(place, |conn| scopes::delete(conn, "items"));
    let report = place.apply(FILE).await.unwrap();
    for name in ["johndoe", "web", "items", "Foo"] {
        assert_eq!(outcome(&report, name), Outcome::Skipped, "{name}: {report}");
    }
    assert!(place.user("johndoe").await.is_none());
    assert!(report.to_string().ends_with("nothing to change"), "{report}");
}

#[tokio::test]
async fn what_was_deleted_before_the_file_named_it_is_skipped_too() {
    let place = Place::new().await;
    let file = "[[user]]\nusername = \"bob\"\n";
    place.apply(file).await.unwrap();
    command!(place, |conn| users::delete(conn, "bob", NOW));
    let with_item = format!("{file}[[item]]\nitem_id = \"Bar\"\nowner = \"bob\"\n");
    let report = place.apply(&with_item).await.unwrap();
    assert_eq!(outcome(&report, "Bar"), Outcome::Skipped);
}

#[tokio::test]
async fn entries_that_left_the_file_are_kept() {
    let place = Place::new().await;
    place.apply(FILE).await.unwrap();
    place.apply("").await.unwrap();
    assert!(place.user("johndoe").await.is_some());
    assert_eq!(place.apply(FILE).await.unwrap().to_string(), "nothing to change");
}

#[tokio::test]
async fn a_public_client_can_become_confidential_and_back() {
    let place = Place::new().await;
    let file = |secret: &str| format!("[[client]]\nid = \"x\"\n{secret}\n");
    let digest = "ab".repeat(32);
    place.apply(&file("public = true")).await.unwrap();
    let error = place.apply(&file("public = false")).await.unwrap_err().to_string();
    assert!(error.starts_with("client \"x\": public: the client has been public"), "{error}");
    place.apply(&file(&format!("secret_sha256 = \"{digest}\""))).await.unwrap();
    assert_eq!(place.client("x").await.unwrap().secret_sha256, Some(digest));
    place.apply(&file("public = true")).await.unwrap();
    assert!(place.client("x").await.unwrap().is_public());
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let place = Place::new().await;
    let file = File::parse("test.toml", FILE, true).unwrap();
    let without_store = apply::dry_run(None, None, &file).await.unwrap();
    let reader = Reader::open(&url(place.folder.path())).await.unwrap();
    let before = apply::dry_run(Some(&reader), Some(&place.server_key), &file).await.unwrap();
    assert_eq!(without_store, before);
    assert!(before.to_string().ends_with("(dry run: nothing was written)"), "{before}");
    assert!(place.user("johndoe").await.is_none());
    assert!(!place.secret_file().exists());

    place.apply(FILE).await.unwrap();
    let after = apply::dry_run(Some(&reader), Some(&place.server_key), &file).await.unwrap();
    assert!(after.is_unchanged(), "{after}");
}

#[tokio::test]
async fn replicas_that_apply_at_the_same_moment_agree() {
    let place = Arc::new(Place::new().await);
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let place = Arc::clone(&place);
        replicas.spawn(async move { place.apply(FILE).await });
    }
    let reports = replicas.join_all().await;
    let unchanged = |report: &&Report| report.is_unchanged();
    let reports: Vec<Report> = reports.into_iter().map(Result::unwrap).collect();
    assert_eq!(reports.iter().filter(unchanged).count(), 7, "{reports:#?}");
    let secret = fs::read_to_string(place.secret_file()).unwrap().trim_end().to_owned();
    let kept = place.client("web").await.unwrap().secret_sha256;
    assert_eq!(kept, Some(client_secret::sha256_hex(&Secret::new(secret))));
}
