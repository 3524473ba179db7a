//! `/login` and `/logout`.

use std::time::Duration;

use scopegate_store::users;

use crate::server::{PASSWORD, Server};

const WRONG: &str = "Incorrect username or password";

#[tokio::test]
async fn a_name_and_its_password_open_a_session() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.get("/account").await.leads_to("/login");
    browser.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    browser.get("/account").await.shows(200, "<bdi>johndoe</bdi>");
    browser.get("/login").await.leads_to("/account");
}

#[tokio::test]
async fn a_wrong_password_an_unknown_and_a_disabled_user_are_told_the_same() {
    let server = Server::start().await;
    let now = server.now();
    server
        .write(move |conn| {
            Box::pin(async move { users::set_disabled(conn, "bob", true, now).await })
        })
        .await;
    let long = "x".repeat(2000);
    for (username, password) in [
        ("johndoe", "secret"),
        ("nobody", PASSWORD),
        ("bob", PASSWORD),
        ("not a name", PASSWORD),
        ("johndoe", &long),
    ] {
        let answer = server.browser().sign_in(username, password).await;
        answer.shows(400, WRONG);
        answer.shows(400, &format!("value=\"{username}\""));
        answer.shows(400, "role=\"alert\"");
        answer.shows(400, "aria-invalid=\"true\"");
        assert!(!answer.body.contains(password), "the password is never shown");
    }
}

#[tokio::test]
async fn an_empty_field_is_asked_for_again() {
    let server = Server::start().await;
    for (username, password) in [("", PASSWORD), ("johndoe", ""), ("", "")] {
        let answer = server.browser().sign_in(username, password).await;
        answer.shows(400, "Enter your username and your password");
    }
}

#[tokio::test]
async fn ij03_a_name_that_holds_markup_is_shown_as_it_was_typed() {
    let server = Server::start().await;
    let answer = server.browser().sign_in("\"><script>alert(1)</script>", "x").await;
    answer.shows(400, "value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;\"");
    assert!(!answer.body.contains("<script"));
}

#[tokio::test]
async fn a_login_for_an_app_says_so_and_leads_back_to_its_request() {
    let server = Server::start().await;
    let request = server.request();
    let path = format!("/login?request={request}");
    let browser = server.browser();
    let page = browser.get(&path).await;
    page.shows(200, "to continue to <strong><bdi>Web &lt;b&gt;app&lt;&#x2f;b&gt;</bdi></strong>");
    assert!(
        page.header("content-security-policy").ends_with("form-action 'self' https://app.example")
    );
    assert_eq!(page.header("cross-origin-opener-policy"), "", "an app may wait for its window");
    let fields =
        |password| [("username", "johndoe"), ("password", password), ("request", &*request)];
    let again = browser.submit(&path, "/login", &fields("wrong")).await;
    again.shows(400, &format!("name=\"request\" value=\"{request}\""));
    let done = browser.submit(&path, "/login", &fields(PASSWORD)).await;
    done.leads_to(&format!("/authorize/{request}"));
    browser.get(&path).await.leads_to(&format!("/authorize/{request}"));
}

#[tokio::test]
async fn a_request_that_is_over_is_said_to_be_over_before_anybody_types_a_password() {
    let server = Server::start().await;
    let request = server.request();
    server.advance(Duration::from_mins(10));
    let page = server.browser().get(&format!("/login?request={request}")).await;
    page.shows(400, "This request is over");
}

#[tokio::test]
async fn ui09_a_login_never_leads_to_another_place() {
    let server = Server::start().await;
    for target in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "../evil",
        "%2e%2e%2fevil",
    ] {
        for name in ["request", "return_to", "next"] {
            let browser = server.browser();
            let page = browser.get(&format!("/login?{name}={target}")).await;
            let fields = [
                ("csrf", page.csrf().as_str()),
                ("username", "johndoe"),
                ("password", PASSWORD),
                (name, target),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
            let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            browser.post("/login", &fields).await.leads_to("/account");
        }
    }
}

#[tokio::test]
async fn ui07_a_session_that_was_signed_out_of_is_dead_here_too() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    let old = browser.cookie();
    let out = browser.submit("/account", "/logout", &[]).await;
    out.leads_to("/login");
    assert!(out.set_cookie().unwrap().ends_with("Max-Age=0"));
    assert_eq!(browser.cookie(), None);
    browser.set_cookie(old);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn another_account_can_be_used_for_a_request_that_waits() {
    let server = Server::start().await;
    let request = server.request();
    let browser = server.browser();
    browser.sign_in("bob", PASSWORD).await;
    let out = browser.submit("/account", "/logout", &[("request", &request)]).await;
    out.leads_to(&format!("/login?request={request}"));
    let out = server.browser();
    out.sign_in("bob", PASSWORD).await;
    let hostile = out.submit("/account", "/logout", &[("request", "//evil.example")]).await;
    hostile.leads_to("/login");
}

#[tokio::test]
async fn a_full_hash_queue_asks_to_try_again() {
    let settings = [("SCOPEGATE_HASH_QUEUE", "1"), ("SCOPEGATE_GUESS_LIMITS", "off")];
    let server = Server::with(&settings).await;
    let browsers: Vec<_> = (0..20).map(|_| server.browser()).collect();
    let logins = browsers.iter().map(|browser| browser.sign_in("johndoe", "wrong"));
    let answers = futures_util::future::join_all(logins).await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(answers.iter().all(|answer| [400, 503].contains(&answer.status)));
    for answer in busy {
        answer.shows(503, "Please try again in a moment");
        assert!(!answer.header("retry-after").is_empty());
    }
}
