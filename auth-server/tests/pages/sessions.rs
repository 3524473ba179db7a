//! How long a session lasts, and that nobody can choose its id.

use std::time::Duration;

use scopegate_store::users;

use crate::server::{PASSWORD, Server};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn ui04_the_id_of_a_session_is_new_at_each_login() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.get("/login").await;
    let anonymous = browser.cookie();
    browser.sign_in("johndoe", PASSWORD).await;
    let signed_in = browser.cookie();
    assert_ne!(anonymous, signed_in);
    browser.set_cookie(anonymous);
    assert!(!browser.is_signed_in().await, "the old id is worth nothing");
    browser.set_cookie(signed_in);
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn ui05_a_cookie_that_an_attacker_set_never_becomes_a_session() {
    let server = Server::start().await;
    let attacker = server.browser();
    attacker.get("/login").await;
    let victim = server.browser();
    victim.set_cookie(attacker.cookie());
    victim.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    assert!(victim.is_signed_in().await);
    assert!(!attacker.is_signed_in().await);
}

#[tokio::test]
async fn a_login_ends_the_session_that_it_takes_the_place_of() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    let first = browser.cookie();
    let fields = [("username", "bob"), ("password", PASSWORD)];
    browser.submit("/account", "/login", &fields).await.leads_to("/account");
    browser.get("/account").await.shows(200, "<bdi>bob</bdi>");
    browser.set_cookie(first);
    assert!(!browser.is_signed_in().await, "the session of before is over");
}

#[tokio::test]
async fn a_login_with_a_cookie_of_before_the_first_login_leaves_that_session_alone() {
    let server = Server::start().await;
    let browser = server.browser();
    let page = browser.get("/login").await.csrf();
    let anonymous = browser.cookie();
    browser.sign_in("johndoe", PASSWORD).await;
    let first = browser.cookie();
    // A form that was open before, sent by a browser that kept its cookie: a second login.
    browser.set_cookie(anonymous);
    let fields = [("csrf", page.as_str()), ("username", "bob"), ("password", PASSWORD)];
    browser.post("/login", &fields).await.leads_to("/account");
    browser.get("/account").await.shows(200, "<bdi>bob</bdi>");
    browser.set_cookie(first);
    browser.get("/account").await.shows(200, "<bdi>johndoe</bdi>");
}

#[tokio::test]
async fn ui10_a_session_dies_of_idleness_and_of_age() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    server.advance(11 * HOUR);
    assert!(browser.is_signed_in().await, "used within twelve hours");
    server.advance(13 * HOUR);
    assert!(!browser.is_signed_in().await, "unused for thirteen");
    browser.sign_in("johndoe", PASSWORD).await;
    for _ in 0..16 {
        server.advance(10 * HOUR);
        assert!(browser.is_signed_in().await);
    }
    server.advance(9 * HOUR);
    assert!(!browser.is_signed_in().await, "older than a week, though it was in use");
}

#[tokio::test]
async fn the_lifetimes_can_be_set() {
    let settings = [("SCOPEGATE_SESSION_IDLE", "10m"), ("SCOPEGATE_SESSION_MAX_AGE", "15m")];
    let server = Server::with(&settings).await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    server.advance(Duration::from_mins(9));
    assert!(browser.is_signed_in().await);
    server.advance(Duration::from_mins(7));
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_session_dies_with_the_users_password_account_and_permission() {
    for what in ["password", "disabled", "revoked", "deleted"] {
        let server = Server::start().await;
        let browser = server.browser();
        browser.sign_in("johndoe", PASSWORD).await;
        assert!(browser.is_signed_in().await);
        let now = server.now();
        server
            .write(move |conn| {
                Box::pin(async move {
                    match what {
                        "password" => users::set_password(conn, "johndoe", "x", now).await,
                        "disabled" => users::set_disabled(conn, "johndoe", true, now).await,
                        "revoked" => users::revoke(conn, "johndoe", now).await.map(|_| true),
                        _ => users::delete(conn, "johndoe", now).await,
                    }
                })
            })
            .await;
        assert!(!browser.is_signed_in().await, "{what}");
    }
}
