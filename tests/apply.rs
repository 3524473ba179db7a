//! `apply`: a file of scopes, clients and users, brought in again and again without undoing what
//! was done by command.

use crate::harness::{Answer, AuthServer, Place, Run, Settings, Tokens, root};

const FILE: &str = r#"
[[scope]]
name = "me"
description = "Read information about the current user."

[[scope]]
name = "items"
description = "Read items."

[[client]]
id = "first-party"
name = "App"
public = true
grants = ["password", "refresh_token"]
scopes = ["me", "items"]

[[user]]
username = "johndoe"
full_name = "John Doe"
password = "secret"
scopes = ["me"]

[[user]]
username = "bob"
password = "secret"
scopes = ["me"]
"#;

#[tokio::test]
async fn a_second_run_changes_nothing_and_a_dry_one_writes_nothing() {
    let place = Place::empty();
    let dry = apply(&place, FILE, &["--dry-run"]).done();
    assert!(dry.contains("user \"johndoe\""), "{dry}");
    let none = place.run(&["user", "list", "--json"]).outcome();
    assert!(!none.stdout.contains("johndoe"), "a dry run writes nothing: {none:?}");
    let first = apply(&place, FILE, &[]).done();
    for entry in ["scope \"me\"", "client \"first-party\"", "user \"johndoe\""] {
        assert!(first.contains(&format!("adds {entry}")), "{first}");
    }
    assert!(apply(&place, FILE, &[]).done().contains("nothing to change"));
    let changed = FILE.replace("John Doe", "Johnny Doe");
    let dry = apply(&place, &changed, &["--dry-run"]).done();
    assert!(dry.contains("full_name"), "{dry}");
    assert_eq!(show(&place, "johndoe")["full_name"], "John Doe");
    let report = apply(&place, &changed, &[]).done();
    assert!(report.contains("full_name") && !report.contains("bob"), "{report}");
    assert_eq!(show(&place, "johndoe")["full_name"], "Johnny Doe");
}

#[tokio::test]
async fn a_restart_undoes_nothing_that_was_done_by_command() {
    let place = Place::new();
    assert_eq!(AuthServer::start(&place).await.stop().await.code(), Some(0));
    place.run(&["user", "disable", "bob"]).done();
    let set = place.run(&["user", "set-password", "johndoe", "--password-stdin"]);
    set.input("a long enough one\n").done();
    place.run(&["user", "enable", "alice"]).done();
    place.run(&["user", "delete", "John", "--yes"]).done();
    place.run(&["client", "delete", "other", "--yes"]).done();
    place.run(&["scope", "set", "me", "--description", "Something else."]).done();

    let auth = AuthServer::start(&place).await;
    for (row, username, password, expected) in [
        ("a disabled user stays disabled", "bob", "secret", 400),
        ("an old password does not come back", "johndoe", "secret", 400),
        ("the new one holds", "johndoe", "a long enough one", 200),
        ("an enabled user stays enabled", "alice", "secretalice", 200),
        ("a deleted user stays deleted", "John", "secretJohn", 400),
    ] {
        assert_eq!(auth.password(username, password, "me").await.status, expected, "{row}");
    }
    let clients = place.run(&["client", "list", "--json"]).done();
    assert!(!clients.contains("\"other\""), "a deleted client stays deleted: {clients}");
    let scopes = place.run(&["scope", "list", "--json"]).done();
    assert!(scopes.contains("Something else."), "{scopes}");
}

#[tokio::test]
async fn a_field_follows_the_file_exactly_when_the_file_changed() {
    let place = Place::empty();
    apply(&place, FILE, &[]).done();
    place.run(&["user", "set", "johndoe", "--full-name", "By command"]).done();
    place.run(&["user", "disable", "johndoe"]).done();

    let scopes = FILE.replacen("scopes = [\"me\"]", "scopes = [\"me\", \"items\"]", 1);
    apply(&place, &scopes, &[]).done();
    let user = show(&place, "johndoe");
    assert_eq!(user["full_name"], "By command", "not changed in the file: {user}");
    assert_eq!(user["disabled"], true, "a key that was left out is not managed: {user}");
    assert!(user["scopes"].to_string().contains("items"), "changed in the file: {user}");

    apply(&place, &scopes.replace("John Doe", "By file"), &[]).done();
    assert_eq!(show(&place, "johndoe")["full_name"], "By file", "changed in both: the file wins");

    let without_bob = scopes.split("[[user]]\nusername = \"bob\"").next().expect("a first part");
    apply(&place, without_bob, &[]).done();
    assert_eq!(show(&place, "bob")["username"], "bob", "an entry that left the file is kept");

    place.run(&["user", "delete", "bob", "--yes"]).done();
    let report = apply(&place, &scopes, &[]).done();
    assert!(report.contains("skips user \"bob\""), "{report}");
}

#[tokio::test]
async fn a_password_changes_when_its_line_changes() {
    let place = Place::empty();
    apply(&place, FILE, &[]).done();
    let auth = AuthServer::start(&place).await;
    let tokens = Tokens::of(&auth.password("bob", "secret", "me").await);
    apply(&place, FILE, &[]).done();
    let kept = Tokens::of(&auth.refresh(&tokens.refresh).await);
    apply(&place, &FILE.replace("\"secret\"", "\"secret2\""), &[]).done();
    assert_eq!(auth.password("bob", "secret", "me").await.status, 400, "the old one");
    assert_eq!(auth.password("bob", "secret2", "me").await.status, 200, "the new one");
    assert_eq!(auth.refresh(&kept.refresh).await.status, 400, "PW14: what the old one began");
}

#[tokio::test]
async fn a_confidential_client_without_a_secret_gets_one_in_a_file() {
    let place = Place::empty();
    let file =
        format!("{FILE}\n[[client]]\nid = \"web\"\ngrants = [\"password\"]\nscopes = [\"me\"]\n");
    apply(&place, &file, &[]).done();
    assert_eq!(place.mode("private/clients/web.secret"), 0o600);
    let secret = std::fs::read_to_string(place.data("private/clients/web.secret"));
    let secret = secret.expect("apply made it");
    apply(&place, &file, &[]).done();
    let again = std::fs::read_to_string(place.data("private/clients/web.secret"));
    assert_eq!(again.expect("it stays"), secret, "a second run makes no other");
    let auth = AuthServer::start(&place).await;
    let login = [("grant_type", "password"), ("username", "bob"), ("password", "secret")];
    let request = auth.post().basic_auth("web", Some(secret.trim_end())).form(&login);
    assert_eq!(Answer::to(request).await.status, 200);
}

#[tokio::test]
async fn a_wrong_file_is_refused_whole_in_one_line() {
    let place = Place::empty();
    for (row, file, expected) in [
        ("an unknown key", FILE.replace("full_name", "fullname"), "fullname"),
        ("no TOML", format!("{FILE}\n[[user"), "line"),
        ("an unknown scope", FILE.replace("scopes = [\"me\"]", "scopes = [\"mee\"]"), "mee"),
        ("an unknown grant", FILE.replace("\"password\", ", "\"implicit\", "), "implicit"),
        ("a short secret", FILE.replace("public = true", "secret = \"short\""), "secret"),
        (
            "public with a secret",
            FILE.replace("public = true", "public = true\nsecret_sha256 = \"00\""),
            "public",
        ),
        ("a bad name", FILE.replace("\"bob\"", "\"b ob\""), "b ob"),
        ("the same user twice", FILE.replace("\"bob\"", "\"johndoe\""), "johndoe"),
        ("one name for both", FILE.replace("\"bob\"", "\"first-party\""), "first-party"),
        (
            "DR02 a bad redirect URI",
            FILE.replace(
                "public = true",
                "public = true\nredirect_uris = [\"javascript:alert(1)\"]",
            ),
            "redirect_uris",
        ),
        (
            "not a hash",
            FILE.replace("password = \"secret\"", "password_hash = \"secret\""),
            "password_hash",
        ),
    ] {
        assert_ne!(file, FILE, "{row}");
        let line = apply(&place, &file, &[]).refused();
        assert!(line.starts_with("auth-server: ") && line.contains(expected), "{row}: {line}");
    }
    let missing = place.run(&["apply", "/nowhere.toml"]).refused();
    assert!(missing.contains("/nowhere.toml"), "{missing}");
    let users = place.run(&["user", "list", "--json"]).outcome();
    assert!(!users.stdout.contains("johndoe"), "nothing of it was brought in: {users:?}");
}

#[tokio::test]
async fn the_demo_is_refused_beyond_this_machine() {
    let place = Place::demo();
    let demo = root().join("demo/demo.toml");
    let demo = demo.to_str().expect("UTF-8");
    let public = |settings: &mut Settings| {
        settings.set("issuer", "https://auth.example");
    };
    let line = place.run_with(&["apply", demo], public).refused();
    assert!(line.contains("johndoe"), "everyone knows these passwords: {line}");
    let serve = place.run_with(&["serve", "--apply", demo], public).outcome();
    assert_eq!(serve.code, Some(1), "{serve:?}");
    place.run(&["apply", demo]).done();
}

fn apply(place: &Place, content: &str, more: &[&str]) -> Run {
    let file = place.write("apply.toml", content);
    let arguments = ["apply", file.to_str().expect("UTF-8")];
    place.run(&[&arguments[..], more].concat())
}

fn show(place: &Place, username: &str) -> serde_json::Value {
    place.run(&["user", "show", username, "--json"]).json()
}
