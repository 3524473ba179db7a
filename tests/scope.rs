//! Scopes (RFC 6749 §3.3): requested ∩ what the client may ask ∩ what the user holds.

use scopegate_core::scope::Scope;

use crate::harness::{AuthServer, Place, Stack, Tokens};

#[tokio::test]
async fn a_scope_is_granted_narrowed_or_refused() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let many = (0..10_000).map(|n| format!("scope{n}")).collect::<Vec<_>>().join(" ");
    for (row, username, scope, expected) in [
        ("one", "johndoe", "me", Ok("me")),
        ("all, in any order", "johndoe", "me items", Ok("items me")),
        ("one twice", "johndoe", "me me", Ok("me")),
        ("none asked", "johndoe", "", Ok("")),
        ("SC02 one that the user does not hold", "bob", "me items", Ok("me")),
        ("nothing left", "bob", "items", Err("invalid_scope")),
        ("a user without scopes", "carol", "me", Err("invalid_scope")),
        ("a user without scopes asks for none", "carol", "", Ok("")),
        ("unknown", "johndoe", "me nonsense", Err("invalid_scope")),
        ("known, but not the client's", "johndoe", "me admin", Err("invalid_scope")),
        ("SC05 another case", "johndoe", "ME", Err("invalid_scope")),
        ("SC05 a comma", "johndoe", "me,items", Err("invalid_scope")),
        ("SC05 a longer word", "johndoe", "me2", Err("invalid_scope")),
        ("SC05 a quote", "johndoe", "me \"items\"", Err("invalid_scope")),
        ("SC05 a tab", "johndoe", "me\titems", Err("invalid_scope")),
        ("SC05 a letter beyond ASCII", "johndoe", "mé", Err("invalid_scope")),
        ("SC06 10,000 scopes", "johndoe", &many, Err("invalid_scope")),
    ] {
        let answer = auth.password(username, "secret", scope).await;
        let (status, granted, error) = match expected {
            Ok(granted) => (200, granted, ""),
            Err(error) => (400, "", error),
        };
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
        let found: Scope = answer.text("scope").parse().expect("a scope");
        assert_eq!(found, granted.parse().expect("a scope"), "{row}");
    }
}

#[tokio::test]
async fn a_user_who_lost_a_scope_gets_tokens_without_it() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me items").await;
    stack.place.run(&["user", "set-scopes", "johndoe", "me"]).done();
    assert_eq!(stack.auth.login("me items").await.scope, "me");
    let refreshed = Tokens::of(&stack.auth.refresh(&tokens.refresh).await);
    assert_eq!(refreshed.scope, "me", "a refresh gives what the user holds now");
    stack.place.run(&["user", "set-scopes", "johndoe", "items"]).done();
    let refreshed = Tokens::of(&stack.auth.refresh(&refreshed.refresh).await);
    assert_eq!(refreshed.scope, "items", "the family keeps its own scope");
    stack.place.run(&["user", "set-scopes", "johndoe", ""]).done();
    let answer = stack.auth.refresh(&refreshed.refresh).await;
    assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "nothing is left");
}
