//! The endpoints of clients.

use serde_json::Value;

use crate::{
    server::{Answer, PASSWORD},
    story::{SECRET, Story},
};

fn field(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body[name].as_str().unwrap_or_else(|| panic!("{name}: {answer:?}")).to_owned()
}

fn password<'a>(client: &'a str, username: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "password"),
        ("client_id", client),
        ("username", username),
        ("password", password),
        ("scope", "me"),
    ]
}

fn refresh<'a>(client: &'a str, token: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)]
}

#[tokio::test]
async fn a_login_at_the_token_endpoint_leaves_one_entry_that_says_why() {
    let story = Story::start().await;
    for (row, form, expected) in [
        ("good", password("app", "johndoe", PASSWORD), "token.password done - johndoe app"),
        (
            "wrong",
            password("app", "johndoe", "x"),
            "token.password refused wrong_password johndoe app",
        ),
        (
            "disabled",
            password("app", "bob", PASSWORD),
            "token.password refused disabled_user bob app",
        ),
        ("unknown", password("app", "eve", PASSWORD), "token.password refused unknown_user - app"),
        ("no name", password("app", "a b", PASSWORD), "token.password refused unknown_user - app"),
        (
            "an unknown client",
            password("nobody", "johndoe", PASSWORD),
            "token.password refused unknown_client - -",
        ),
        (
            "a disabled client",
            password("off", "johndoe", PASSWORD),
            "token.password refused disabled_client - off",
        ),
        ("no client", password("", "johndoe", PASSWORD), "token.password refused no_client - -"),
        (
            "another grant's client",
            password("web", "johndoe", PASSWORD),
            "token.password refused unauthorized_client - web",
        ),
        (
            "a scope beyond the client",
            [password("app", "johndoe", PASSWORD), vec![("scope", "admin")]].concat(),
            "token refused invalid_request - -",
        ),
        ("nothing", vec![], "token refused invalid_request - -"),
        (
            "no such grant",
            vec![("grant_type", "magic")],
            "token refused unsupported_grant_type - -",
        ),
    ] {
        let answer = story.post("/token", &form).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_client_for_itself_leaves_one_entry() {
    let story = Story::start().await;
    let form = |id, secret| {
        vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]
    };
    for (row, form, expected) in [
        ("good", form("job", SECRET), "token.client_credentials done - - job"),
        ("wrong", form("job", "x"), "token.client_credentials refused wrong_secret - job"),
        ("none", form("job", ""), "token.client_credentials refused missing_secret - job"),
        ("needless", form("app", "x"), "token.client_credentials refused needless_secret - app"),
    ] {
        let answer = story.post("/token", &form).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_refresh_and_its_abuse_leave_one_entry_each() {
    let story = Story::start().await;
    let first = story.post("/token", &password("app", "johndoe", PASSWORD)).await;
    let first = field(&first, "refresh_token");
    let answer = story.post("/token", &refresh("rival", &first)).await;
    assert_eq!(
        story.told(&answer).await,
        "token.refresh_token refused others_refresh_token - rival"
    );
    let answer = story.post("/token", &refresh("app", &first)).await;
    assert_eq!(story.told(&answer).await, "token.refresh_token done - johndoe app");
    let second = field(&answer, "refresh_token");
    let answer = story.post("/token", &refresh("app", &first)).await;
    assert_eq!(story.told(&answer).await, "token.refresh_token done - johndoe app", "a retry");
    let answer = story.post("/token", &refresh("app", &second)).await;
    assert_eq!(story.told(&answer).await, "token.refresh_token done - johndoe app");
    let answer = story.post("/token", &refresh("app", &first)).await;
    assert_eq!(story.told(&answer).await, "refresh.reuse refused reused_refresh_token johndoe app");
    let answer = story.post("/token", &refresh("app", &second)).await;
    let dead = "token.refresh_token refused dead_refresh_token johndoe app";
    assert_eq!(story.told(&answer).await, dead);
    let answer = story.post("/token", &refresh("app", "nonsense")).await;
    assert_eq!(
        story.told(&answer).await,
        "token.refresh_token refused unknown_refresh_token - app"
    );
}

#[tokio::test]
async fn a_revocation_leaves_an_entry_when_there_was_something_to_revoke() {
    let story = Story::start().await;
    let tokens = story.post("/token", &password("app", "johndoe", PASSWORD)).await;
    let (access, refresh) = (field(&tokens, "access_token"), field(&tokens, "refresh_token"));
    let form = |token| [("client_id", "app"), ("token", token)];
    for (row, token, expected) in [
        ("access", access.as_str(), "revocation done - johndoe app"),
        ("again", &access, "nothing"),
        ("refresh", &refresh, "revocation done - johndoe app"),
        ("none", "nonsense", "nothing"),
    ] {
        let answer = story.post("/revoke", &form(token)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
    let answer = story.post("/introspect", &form(&access)).await;
    assert_eq!(story.told(&answer).await, "introspection refused public_client - app");
}

#[tokio::test]
async fn no_entry_holds_what_was_typed_or_issued() {
    let story = Story::start().await;
    let typed = "correct horse battery staple";
    let tokens = story.post("/token", &password("app", "johndoe", PASSWORD)).await;
    story.post("/token", &password("app", typed, typed)).await;
    story.post("/token", &password(typed, "johndoe", typed)).await;
    let browser = story.johndoe().await;
    story.server.browser().sign_in(typed, typed).await;
    let cookie = browser.cookie().unwrap();
    let (access, refresh) = (field(&tokens, "access_token"), field(&tokens, "refresh_token"));
    let told = format!("{:?}", story.entries().await);
    for secret in [typed, PASSWORD, &access, &refresh, cookie.split_once('=').unwrap().1] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}
