//! What an operator does to a user reaches both servers while they run.

use crate::harness::{Place, REACH, Stack, Tokens, eventually};

const REVOKED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn a_disabled_user_is_shut_out_and_enabling_revives_nothing() {
    let stack = Stack::start().await;
    let before = stack.auth.login("me items").await;
    stack.place.run(&["user", "disable", "johndoe"]).done();
    for path in ["/users/me/", "/users/me/items/", "/status/"] {
        stack.resource.comes_to(REACH, path, &before.access, (400, "Inactive user")).await;
    }
    assert_eq!(stack.auth.password("johndoe", "secret", "me").await.status, 400, "no new token");
    assert_eq!(stack.auth.refresh(&before.refresh).await.status, 400, "RF10");

    stack.place.run(&["user", "enable", "johndoe"]).done();
    stack.resource.comes_to(REACH, "/users/me/", &before.access, REVOKED).await;
    assert_eq!(stack.auth.refresh(&before.refresh).await.status, 400, "RF10: it stays dead");
    let after = stack.auth.login("me").await;
    assert_eq!(stack.resource.ask("/users/me/", &after.access).await.status, 200);
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_began() {
    let stack = Stack::start().await;
    let before = stack.auth.login("me").await;
    let set = stack.place.run(&["user", "set-password", "johndoe", "--password-stdin"]);
    set.input("another long secret\n").done();
    stack.resource.comes_to(REACH, "/users/me/", &before.access, REVOKED).await;
    assert_eq!(stack.auth.refresh(&before.refresh).await.status, 400, "PW14 RF11");
    assert_eq!(stack.auth.password("johndoe", "secret", "me").await.status, 400, "the old one");
    let after = Tokens::of(&stack.auth.password("johndoe", "another long secret", "me").await);
    assert_eq!(stack.resource.ask("/users/me/", &after.access).await.status, 200);
}

#[tokio::test]
async fn a_deleted_user_is_nobody_and_the_name_is_gone() {
    let stack = Stack::start().await;
    let before = stack.auth.login("me").await;
    stack.place.run(&["user", "delete", "johndoe", "--yes"]).done();
    stack.resource.comes_to(REACH, "/users/me/", &before.access, REVOKED).await;
    assert_eq!(stack.auth.refresh(&before.refresh).await.status, 400, "RF10");
    let login = stack.auth.password("johndoe", "secret", "me").await;
    assert_eq!(login.verdict(), (400, "invalid_grant".to_owned()));
    let again = stack.place.run(&["user", "add", "johndoe", "--password-stdin"]);
    let line = again.input("another long secret\n").refused();
    assert!(line.contains("johndoe"), "a name is never given out twice: {line}");
    let client = ["client", "add", "johndoe", "--public", "--grants", "password", "--scopes", "me"];
    let line = stack.place.run(&client).refused();
    assert!(line.contains("johndoe"), "not to a client either: {line}");
}

#[tokio::test]
async fn revoking_ends_every_login_and_leaves_the_user() {
    let stack = Stack::start().await;
    let one = stack.auth.login("me").await;
    let two = stack.auth.login("me items").await;
    stack.place.run(&["user", "revoke", "johndoe"]).done();
    for token in [&one, &two] {
        stack.resource.comes_to(REACH, "/status/", &token.access, REVOKED).await;
        assert_eq!(stack.auth.refresh(&token.refresh).await.status, 400, "RF10");
    }
    let after = stack.auth.login("me").await;
    assert_eq!(stack.resource.ask("/users/me/", &after.access).await.status, 200);
}

#[tokio::test]
async fn a_changed_profile_shows_while_the_token_lives() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me").await.access;
    let before = stack.resource.ask("/users/me/", &token).await;
    assert_eq!(before.text("full_name"), "John Doe");
    stack.place.run(&["user", "set", "johndoe", "--full-name", "Johnny Doe"]).done();
    eventually("the new name shows", REACH, async || {
        let answer = stack.resource.ask("/users/me/", &token).await;
        (answer.text("full_name") == "Johnny Doe").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_user_added_by_command_logs_in_while_the_server_runs() {
    let stack = Stack::start().await;
    let add = [
        "user",
        "add",
        "erin",
        "--scopes",
        "me",
        "--email",
        "erin@example.com",
        "--password-stdin",
    ];
    stack.place.run(&add).input("a long enough one\n").done();
    let token = Tokens::of(&stack.auth.password("erin", "a long enough one", "me").await);
    let me = stack.resource.ask("/users/me/", &token.access).await;
    assert_eq!(
        me.json(),
        serde_json::json!({"username": "erin", "email": "erin@example.com", "full_name": null, "disabled": false})
    );
}

#[tokio::test]
async fn a_bad_name_or_password_is_refused_in_one_line() {
    let place = Place::empty();
    let long = "x".repeat(129);
    for (row, name, password) in [
        ("too short a password", "erin", "seven77"),
        ("a common password", "erin", "iloveyou1"),
        ("a space in the name", "er in", "a long enough one"),
        ("an empty name", "", "a long enough one"),
        ("129 characters", &long, "a long enough one"),
        ("PW11 two scripts", "j\u{43e}hn", "a long enough one"),
        ("an unknown scope", "erin --scopes nonsense", "a long enough one"),
    ] {
        let (name, scopes) = name.split_once(" --scopes ").unwrap_or((name, ""));
        let add = ["user", "add", name, "--scopes", scopes, "--password-stdin"];
        let line = place.run(&add).input(&format!("{password}\n")).refused();
        assert!(line.starts_with("auth-server: ") && !line.contains(password), "{row}: {line}");
    }
}
