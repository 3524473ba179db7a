//! Log lines: they tell what happened, and never a secret.

use crate::harness::{OTHER_SECRET, ResourceApi, Stack, Tokens};

#[tokio::test]
async fn no_log_line_tells_a_secret() {
    let mut stack = Stack::with(|settings| {
        settings.variable("RUST_LOG", "debug");
    })
    .await;
    let resource = ResourceApi::with(&stack.place, |settings| {
        settings.variable("RUST_LOG", "debug");
    })
    .await;
    let tokens = stack.auth.login("me").await;
    let refreshed = Tokens::of(&stack.auth.refresh(&tokens.refresh).await);
    stack.auth.password("johndoe", "a wrong password", "me").await;
    let client = stack.auth.post().basic_auth("other", Some(OTHER_SECRET));
    client.form(&[("grant_type", "password")]).send().await.expect("the server answers");
    stack.auth.get("/token?password=in+the+query").await;
    resource.ask("/users/me/", &tokens.access).await;
    resource.get(&format!("/users/me/?access_token={}", refreshed.access)).await;
    let key = stack.place.shared_key();

    stack.auth.process.stop().await;
    let (auth, resource) = (stack.auth.process.log(), resource.process.log());
    assert!(auth.contains("refused"), "refusals are told: {auth}");
    for (name, secret) in [
        ("a password", "a wrong password"),
        ("an encoded password", "a+wrong+password"),
        ("a query", "in+the+query"),
        ("a client's secret", OTHER_SECRET),
        ("the shared key", key.trim_end()),
        ("an access token", &tokens.access),
        ("another access token", &refreshed.access),
        ("a refresh token", &tokens.refresh),
        ("another refresh token", &refreshed.refresh),
    ] {
        assert!(!auth.contains(secret), "auth-server tells {name}");
        assert!(!resource.contains(secret), "resource-api tells {name}");
    }
}

#[tokio::test]
async fn a_line_is_a_json_object_where_that_is_asked_for() {
    let mut stack = Stack::with(|settings| {
        settings.set("log-format", "json");
    })
    .await;
    stack.auth.password("johndoe", "wrong", "me").await;
    stack.auth.process.stop().await;
    let log = stack.auth.process.log();
    assert!(log.lines().count() > 3, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}
