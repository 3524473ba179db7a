//! The password grant (RFC 6749 §4.3): who gets a token, and what everybody else is told.

use crate::harness::{AuthServer, Place, Stack, Tokens};

/// Name, form, granted scope.
const GRANTED: [(&str, &str, &str); 9] = [
    ("PW02 the right password", "username=johndoe&password=secret&scope=me", "me"),
    ("no scope asked", "username=johndoe&password=secret", ""),
    ("PW11 John", "username=John&password=secretJohn&scope=me", "me"),
    ("RFC 8265 composed", "username=jos%C3%A9&password=secretjos%C3%A9&scope=me", "me"),
    ("RFC 8265 decomposed", "username=jose%CC%81&password=secretjos%C3%A9&scope=me", "me"),
    ("a bcrypt hash", "username=bcrypt&password=secret&scope=me", "me"),
    ("the client's scope", "client_id=me-only&username=johndoe&password=secret&scope=me", "me"),
    (
        "a public client",
        "client_id=spa&username=johndoe&password=secret&scope=me+items",
        "items me",
    ),
    ("SC02 not the user's", "username=bob&password=secret&scope=me+items", "me"),
];

/// Name, form, error; the status is 400.
const REFUSED: [(&str, &str, &str); 13] = [
    ("PW03 a wrong password", "username=johndoe&password=wrong&scope=me", "invalid_grant"),
    ("PW04 an unknown user", "username=nobody&password=secret&scope=me", "invalid_grant"),
    ("a disabled user", "username=alice&password=secretalice&scope=me", "invalid_grant"),
    ("PW07 no username", "password=secret&scope=me", "invalid_request"),
    ("PW07 an empty username", "username=&password=secret", "invalid_request"),
    ("PW07 no password", "username=johndoe&scope=me", "invalid_request"),
    ("PW07 an empty password", "username=johndoe&password=", "invalid_request"),
    ("PW11 john is not John", "username=john&password=secretJohn", "invalid_grant"),
    ("PW11 a Cyrillic letter", "username=j%D0%BEhndoe&password=secret", "invalid_grant"),
    ("not normalised", "username=jos%C3%A9&password=secretjose%CC%81", "invalid_grant"),
    ("a name with a space", "username=john+doe&password=secret", "invalid_grant"),
    ("PW01", "client_id=no-password&username=johndoe&password=secret", "unauthorized_client"),
    ("PW12", "client_id=me-only&username=johndoe&password=secret&scope=me+items", "invalid_scope"),
];

#[tokio::test]
async fn a_password_request_is_granted_or_refused_as_its_clause_says() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for (row, body, scope) in GRANTED {
        let answer = auth.form(&format!("grant_type=password&{body}")).await;
        assert_eq!((answer.status, answer.text("scope")), (200, scope.to_owned()), "{row}");
    }
    for (row, body, error) in REFUSED {
        let answer = auth.form(&format!("grant_type=password&{body}")).await;
        assert_eq!(answer.verdict(), (400, error.to_owned()), "{row}");
    }
}

#[tokio::test]
async fn a_password_counts_to_its_last_byte_and_has_1024_at_most() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let hundred = "0123456789".repeat(10);
    let other_tail = format!("{}{}", &hundred[..72], "x".repeat(28));
    for (row, password, status, error) in [
        ("PW09 100 bytes", hundred, 200, ""),
        ("PW09 the same 72 bytes", other_tail, 400, "invalid_grant"),
        ("PW08 1,024 bytes", "x".repeat(1024), 400, "invalid_grant"),
        ("PW08 1,025 bytes", "x".repeat(1025), 400, "invalid_request"),
        ("PW08 1 MiB", "x".repeat(1 << 20), 413, "invalid_request"),
    ] {
        let answer = auth.password("long", &password, "me").await;
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
    }
}

#[tokio::test]
async fn a_wrong_login_does_not_tell_who_has_an_account() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let wrong = auth.password("johndoe", "wrong", "me").await;
    assert_eq!(
        wrong.body,
        r#"{"error":"invalid_grant","error_description":"Incorrect username or password"}"#
    );
    for (row, username, password) in [
        ("PW04 an unknown user", "nobody", "secret"),
        ("PW04 a name that cannot be one", "no body", "secret"),
        ("a disabled user, wrong password", "alice", "wrong"),
        ("a disabled user, right password", "alice", "secretalice"),
    ] {
        let answer = auth.password(username, password, "me").await;
        assert_eq!((answer.status, &answer.body), (wrong.status, &wrong.body), "{row}");
        assert_eq!(answer.lasting_headers(), wrong.lasting_headers(), "{row}");
    }
}

#[tokio::test]
async fn a_token_opens_what_it_was_granted_for() {
    let stack = Stack::start().await;
    for (row, scope, me, items, status) in [
        ("both", "me items", 200, 200, 200),
        ("PW02 one", "me", 200, 403, 200),
        ("none", "", 403, 403, 200),
    ] {
        let token = stack.auth.login(scope).await.access;
        for (path, expected) in
            [("/users/me/", me), ("/users/me/items/", items), ("/status/", status)]
        {
            assert_eq!(stack.resource.ask(path, &token).await.status, expected, "{row}: {path}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_comes_exactly_with_the_refresh_grant() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for (client, expected) in [("first-party", true), ("me-only", false)] {
        let body = format!(
            "grant_type=password&client_id={client}&username=johndoe&password=secret&scope=me"
        );
        let tokens = Tokens::of(&auth.form(&body).await);
        assert_eq!(!tokens.refresh.is_empty(), expected, "{client}");
    }
}

#[tokio::test]
async fn a_weak_hash_is_replaced_at_login() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let weak = || place.run(&["user", "list", "--weak-hash"]).done();
    assert!(weak().contains("bcrypt"), "PW13: an old hash is listed");
    for login in ["first", "second"] {
        let answer = auth.password("bcrypt", "secret", "me").await;
        assert_eq!(answer.status, 200, "PW13: the {login} login");
        assert!(!weak().contains("bcrypt"), "PW13: after the {login} login");
    }
    assert_eq!(auth.password("bcrypt", "wrong", "me").await.status, 400);
}

#[tokio::test]
async fn a_hash_that_costs_too_much_is_not_taken() {
    let place = Place::empty();
    for (row, hash) in [
        (
            "PW15 4 GiB",
            "$argon2id$v=19$m=4194304,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
        ),
        ("PW15 bcrypt 15", "$2b$15$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"),
        ("PW15 cut short", "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w"),
        ("PW15 no hash", "secret"),
    ] {
        let file = place.write(
            "user.toml",
            &format!("[[user]]\nusername = \"u\"\npassword_hash = \"{hash}\"\n"),
        );
        let line = place.run(&["apply", file.to_str().expect("UTF-8")]).refused();
        assert!(line.contains("password_hash"), "{row}: {line}");
    }
}
