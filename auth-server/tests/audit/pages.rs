//! The pages that people use, and the flow of codes.

use crate::{
    server::{Answer, Browser, PASSWORD},
    story::Story,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An authorization request of the client `web`, up to its page.
async fn ask(browser: &Browser<'_>, change: &str) -> Answer {
    let answer = browser
        .get(&format!(
            "/authorize?client_id=web&redirect_uri=https://app.example/cb&response_type=code\
             &scope=me&code_challenge={CHALLENGE}&code_challenge_method=S256{change}"
        ))
        .await;
    let path = answer.header("location").to_owned();
    if path.starts_with("/authorize/") { browser.get(&path).await } else { answer }
}

/// Presses a button of the consent page.
async fn press(browser: &Browser<'_>, page: &Answer, decision: &str) -> Answer {
    let (_, rest) = page.body.split_once("action=\"/authorize/").unwrap();
    let id = rest.split('"').next().unwrap();
    let csrf = page.csrf();
    let fields = [("csrf", csrf.as_str()), ("decision", decision), ("scope", "me")];
    browser.post(&format!("/authorize/{id}"), &fields).await
}

fn code(answer: &Answer) -> String {
    let (_, rest) = answer.header("location").split_once("code=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

async fn exchange(story: &Story, code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "web"),
        ("code", code),
        ("code_verifier", verifier),
    ];
    story.post("/token", &fields).await
}

#[tokio::test]
async fn a_login_on_the_page_leaves_one_entry_that_says_why() {
    let story = Story::start().await;
    for (row, username, password, expected) in [
        ("good", "johndoe", PASSWORD, "login done - johndoe -"),
        ("wrong", "johndoe", "x", "login refused wrong_password johndoe -"),
        ("disabled", "bob", PASSWORD, "login refused disabled_user bob -"),
        ("unknown", "eve", PASSWORD, "login refused unknown_user - -"),
    ] {
        let answer = story.server.browser().sign_in(username, password).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
    let browser = story.server.browser();
    let answer = browser.post("/login", &[("username", "johndoe"), ("password", PASSWORD)]).await;
    assert_eq!(story.told(&answer).await, "login refused no_cookie - -");
}

#[tokio::test]
async fn what_somebody_does_on_the_account_page_leaves_an_entry() {
    let story = Story::start().await;
    let (browser, other) = (story.johndoe().await, story.johndoe().await);
    let new = "another good old password";
    for (row, path, fields, expected) in [
        ("sessions", "/account/sessions/end", vec![], "sessions.end done - johndoe -"),
        ("nothing to end", "/account/sessions/end", vec![], "nothing"),
        ("nothing to withdraw", "/account/apps/withdraw", vec![("client_id", "web")], "nothing"),
        (
            "wrong",
            "/account/password",
            vec![("current", "x"), ("new", new)],
            "password.change refused wrong_password johndoe -",
        ),
        (
            "weak",
            "/account/password",
            vec![("current", PASSWORD), ("new", "x")],
            "password.change refused weak_password johndoe -",
        ),
        (
            "changed",
            "/account/password",
            vec![("current", PASSWORD), ("new", new)],
            "password.change done - johndoe -",
        ),
        ("logout", "/logout", vec![], "logout done - johndoe -"),
    ] {
        let answer = browser.submit("/account", path, &fields).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
    assert!(!other.is_signed_in().await);
    let answer = browser.post("/logout", &[("csrf", "forged")]).await;
    assert!(story.told(&answer).await.starts_with("logout refused "), "{answer:?}");
}

#[tokio::test]
async fn a_consent_and_what_follows_leave_an_entry_each() {
    let story = Story::start().await;
    let browser = story.johndoe().await;
    let page = ask(&browser, "").await;
    assert_eq!(story.told(&page).await, "nothing", "a question decides nothing");
    let denied = press(&browser, &page, "deny").await;
    assert_eq!(story.told(&denied).await, "consent refused denied johndoe web");
    let again = press(&browser, &page, "allow").await;
    assert_eq!(story.told(&again).await, "authorization refused request_over - -");
    let allowed = press(&browser, &ask(&browser, "").await, "allow").await;
    assert_eq!(story.told(&allowed).await, "consent done - johndoe web");
    let answer = exchange(&story, &code(&allowed), VERIFIER).await;
    assert_eq!(story.told(&answer).await, "token.authorization_code done - johndoe web");
    let answer = exchange(&story, &code(&allowed), VERIFIER).await;
    assert_eq!(story.told(&answer).await, "code.replay refused replayed_code johndoe web");
    let remembered = ask(&browser, "").await;
    assert_eq!(story.told(&remembered).await, "authorization done - johndoe web");
    let wrong = VERIFIER.replace('d', "e");
    let answer = exchange(&story, &code(&remembered), &wrong).await;
    let spent = "token.authorization_code refused wrong_verifier johndoe web";
    assert_eq!(story.told(&answer).await, spent);
    let answer = exchange(&story, &code(&remembered), VERIFIER).await;
    assert_eq!(story.told(&answer).await, "token.authorization_code refused unknown_code - web");
    let fields = [("client_id", "web")];
    let answer = browser.submit("/account", "/account/apps/withdraw", &fields).await;
    assert_eq!(story.told(&answer).await, "consent.withdraw done - johndoe web");
}

#[tokio::test]
async fn an_authorization_request_that_is_refused_leaves_one_entry() {
    let story = Story::start().await;
    let browser = story.johndoe().await;
    for (row, change, expected) in [
        ("repeated", "&client_id=web", "authorization refused unknown_client - -"),
        ("a scope", "&response_mode=fragment", "authorization refused invalid_request - web"),
    ] {
        let answer = ask(&browser, change).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
    for (row, query, expected) in [
        ("unknown", "client_id=nobody", "authorization refused unknown_client - -"),
        ("disabled", "client_id=off", "authorization refused disabled_client - off"),
        (
            "elsewhere",
            "client_id=web&redirect_uri=https://evil.example",
            "authorization refused unknown_redirect_uri - web",
        ),
    ] {
        let answer = browser.get(&format!("/authorize?{query}")).await;
        assert_eq!(story.told(&answer).await, expected, "{row}");
    }
    let answer = browser.get("/authorize/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(story.told(&answer).await, "authorization refused request_over - -");
    let answer = browser.get("/no/such/page").await;
    assert_eq!(story.told(&answer).await, "nothing", "a scanner fills no table");
}
