//! Forms that do not come from the page they claim to come from.

use crate::server::{PASSWORD, Server};

/// Every route that takes a form of a page.
const FORMS: [&str; 5] =
    ["/login", "/logout", "/account/apps/withdraw", "/account/sessions/end", "/account/password"];

#[tokio::test]
async fn ui02_a_form_without_the_token_of_this_browser_changes_nothing() {
    let server = Server::start().await;
    let other = server.browser();
    other.sign_in("bob", PASSWORD).await;
    let stranger = other.get("/account").await.csrf();
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    for path in FORMS {
        for token in [None, Some(""), Some(stranger.as_str())] {
            let fields: Vec<_> = token.map(|token| ("csrf", token)).into_iter().collect();
            let answer = browser.post(path, &fields).await;
            answer.shows(403, "out of date");
            assert!(browser.is_signed_in().await, "{path}");
        }
    }
}

#[tokio::test]
async fn a_form_without_a_cookie_is_told_what_to_check() {
    let server = Server::with(&[("SCOPEGATE_ISSUER", "https://auth.example")]).await;
    for path in FORMS {
        let browser = server.browser();
        let token = browser.get("/login").await.csrf();
        browser.set_cookie(None);
        let fields = [("csrf", token.as_str()), ("username", "johndoe"), ("password", PASSWORD)];
        let answer = browser.post(path, &fields).await;
        answer.shows(403, "Your browser sent no cookie");
        for word in
            ["https:&#x2f;&#x2f;auth.example", "not http", "SameSite", "a proxy", "settings"]
        {
            answer.shows(403, word);
        }
        assert_eq!(browser.cookie(), None, "{path}");
    }
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_once() {
    let server = Server::start().await;
    let (one, two) = (server.request(), server.request());
    let browser = server.browser();
    let first = browser.get(&format!("/login?request={one}")).await.csrf();
    let second = browser.get(&format!("/login?request={two}")).await.csrf();
    assert_eq!(first, second, "both tabs have the same cookie");
    let fields = |request| {
        [
            ("csrf", first.as_str()),
            ("username", "johndoe"),
            ("password", PASSWORD),
            ("request", request),
        ]
    };
    for request in [&one, &two] {
        let done = browser.post("/login", &fields(request)).await;
        done.leads_to(&format!("/authorize/{request}"));
    }
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn ui11_a_tab_of_before_a_change_of_user_does_nothing_for_the_new_one() {
    let server = Server::start().await;
    let browser = server.browser();
    let stale = browser.get("/login").await.csrf();
    browser.sign_in("johndoe", PASSWORD).await;
    let of_johndoe = browser.get("/account").await.csrf();
    browser.submit("/account", "/logout", &[]).await;
    browser.sign_in("bob", PASSWORD).await;
    let answer = browser.post("/account/sessions/end", &[("csrf", &of_johndoe)]).await;
    answer.shows(403, "This page is out of date");
    let fields = [("csrf", stale.as_str()), ("username", "johndoe"), ("password", PASSWORD)];
    let answer = browser.post("/login", &fields).await;
    answer.shows(403, "Please sign in again");
    answer.shows(403, "value=\"johndoe\"");
    browser.get("/account").await.shows(200, "<bdi>bob</bdi>");
}

#[tokio::test]
async fn a_form_that_no_page_sends_is_answered_with_a_page() {
    let server = Server::start().await;
    let browser = server.browser();
    let csrf = browser.get("/login").await.csrf();
    let twice = [("csrf", csrf.as_str()), ("username", "a"), ("username", "b")];
    browser.post("/login", &twice).await.shows(400, "This form cannot be read");
    let long = "x".repeat(200_000);
    browser.post("/login", &[("csrf", &long)]).await.shows(413, "This form cannot be read");
}

#[tokio::test]
async fn what_changes_something_takes_no_get() {
    let server = Server::start().await;
    for path in FORMS.iter().skip(1) {
        assert_eq!(server.browser().get(path).await.status, 405, "{path}");
    }
}
