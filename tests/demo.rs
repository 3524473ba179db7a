//! The demo as the tutorial on scopes tells it, with its users and their real hashes.

use serde_json::json;

use crate::harness::{Forge, REACH, Stack, now};

#[tokio::test]
async fn a_login_with_a_scope_opens_the_routes_of_that_scope() {
    let stack = Stack::demo().await;
    let token = stack.auth.login("me items").await;
    assert_eq!(token.scope.split(' ').count(), 2);
    let me = stack.resource.ask("/users/me/", &token.access).await;
    assert_eq!(
        me.json(),
        json!({
            "username": "johndoe",
            "email": "johndoe@example.com",
            "full_name": "John Doe",
            "disabled": false,
        })
    );
    let items = stack.resource.ask("/users/me/items/", &token.access).await;
    assert_eq!(items.json(), json!([{"item_id": "Foo", "owner": "johndoe"}]));
    let status = stack.resource.ask("/status/", &token.access).await;
    assert_eq!(status.json(), json!({"status": "ok"}));
    for path in ["/users/me", "/users/me/items", "/status"] {
        let (without, with) = (
            stack.resource.ask(path, &token.access).await,
            stack.resource.ask(&format!("{path}/"), &token.access).await,
        );
        assert_eq!(
            (without.status, without.body),
            (200, with.body),
            "{path}: the slash is optional"
        );
    }

    let narrow = stack.auth.login("me").await.access;
    let refused = stack.resource.ask("/users/me/items/", &narrow).await;
    assert_eq!(
        refused.problem(),
        (403, "Not enough permissions".to_owned()),
        "not 401: that loops"
    );
    let challenge = refused.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"items me\""), "{challenge}");
    assert_eq!(stack.resource.ask("/users/me/", &narrow).await.status, 200);

    let scopeless = stack.auth.login("").await.access;
    assert_eq!(stack.resource.ask("/status/", &scopeless).await.status, 200, "any valid token");
    assert_eq!(stack.resource.ask("/users/me/", &scopeless).await.status, 403);
}

#[tokio::test]
async fn nobody_gets_a_scope_for_the_asking() {
    let stack = Stack::demo().await;
    let admin = stack.auth.password("johndoe", "secret", "me admin").await;
    assert_eq!(admin.verdict(), (400, "invalid_scope".to_owned()));
    let untyped = stack.auth.form("username=johndoe&password=secret&scope=me").await;
    assert_eq!(untyped.verdict(), (400, "invalid_request".to_owned()), "grant_type is required");
}

#[tokio::test]
async fn a_wrong_login_and_a_disabled_user_are_told_the_same() {
    let stack = Stack::demo().await;
    let wrong = stack.auth.password("johndoe", "hunter2", "me").await;
    assert_eq!(
        wrong.json(),
        json!({"error": "invalid_grant", "error_description": "Incorrect username or password"})
    );
    let alice = stack.auth.password("alice", "secretalice", "me").await;
    assert_eq!((alice.status, &alice.body), (400, &wrong.body), "no token for a disabled user");
}

#[tokio::test]
async fn a_user_disabled_later_is_shut_out_within_a_second() {
    let stack = Stack::demo().await;
    let token = stack.auth.login("me").await.access;
    assert_eq!(stack.resource.ask("/users/me/", &token).await.status, 200);
    stack.place.run(&["user", "disable", "johndoe"]).done();
    stack.resource.comes_to(REACH, "/users/me/", &token, (400, "Inactive user")).await;
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_the_tutorials() {
    let stack = Stack::demo().await;
    let expired = Forge::at(&stack.place).claim("exp", now() - 60).token();
    let stranger = Forge::at(&stack.place).claim("sub", "stranger").token();
    for path in ["/users/me/", "/users/me/items/", "/status/"] {
        let none = stack.resource.get(path).await;
        assert_eq!(none.problem(), (401, "Not authenticated".to_owned()), "{path}");
        for (row, token) in
            [("nonsense", "nonsense"), ("expired", &expired), ("a stranger", &stranger)]
        {
            let answer = stack.resource.ask(path, token).await;
            let expected = (401, "Could not validate credentials".to_owned());
            assert_eq!(answer.problem(), expected, "{path}: {row}");
        }
    }
}

#[tokio::test]
async fn the_docs_page_comes_with_its_own_scripts_alone() {
    let stack = Stack::demo().await;
    let redirect = stack.resource.get("/docs").await;
    assert_eq!(redirect.status, 200, "/docs leads to the page");
    let page = stack.resource.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.body.contains("https://"), "nothing comes from elsewhere");
    let policy = page.header("content-security-policy");
    for directive in ["default-src 'self'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(directive), "{directive}: {policy}");
    }
    assert!(page.body.contains("<html"), "whoever takes no gzip gets none");
    let packed =
        stack.resource.request("/docs/swagger-ui-bundle.js").header("accept-encoding", "gzip");
    let packed = packed.send().await.expect("the server answers");
    let told = ["content-encoding", "vary"].map(|name| packed.headers()[name].to_str().ok());
    assert_eq!(told, [Some("gzip"), Some("Accept-Encoding")]);
    let back = stack.resource.get("/docs/oauth2-redirect.html").await;
    assert_eq!((back.status, back.header("cache-control")), (200, "no-store"), "holds a code");
}
