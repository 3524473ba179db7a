//! `/account`: apps, sessions, password.

use std::time::Duration;

use scopegate_core::scope::Scope;
use scopegate_store::{
    consents,
    grants::{self, NewGrant, NewRefreshToken},
    refresh_tokens,
};

use crate::server::{PASSWORD, Server};

const NEW: &str = "an even better password";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/139.0.0.0 Safari/537.36";

/// Opens a grant of johndoe for `web` whose refresh token has the hash `hash`.
async fn grant(server: &Server) {
    let now = server.now();
    let new = NewGrant {
        id: "grant".into(),
        username: Some("johndoe".into()),
        credential_version: None,
        client_id: "web".into(),
        client_updated_at: None,
        scope: Scope::parse("me").unwrap(),
        created_at: now,
        access_until: now.plus(Duration::from_mins(30)),
        expires_at: now.plus(Duration::from_hours(24)),
        refresh: Some(NewRefreshToken {
            hash: "hash".into(),
            expires_at: now.plus(Duration::from_hours(24)),
        }),
    };
    assert!(
        server.write(move |conn| Box::pin(async move { grants::open(conn, &new).await })).await
    );
}

async fn grant_is_revoked(server: &Server) -> bool {
    let mut conn = server.app.store.read().await.unwrap();
    let token = refresh_tokens::find(&mut conn, "hash").await.unwrap();
    token.is_none_or(|token| token.grant_revoked)
}

#[tokio::test]
async fn the_account_shows_apps_with_their_scopes_and_sessions_with_their_browsers() {
    let server = Server::start().await;
    server.consent("items me").await;
    grant(&server).await;
    server.named(CHROME).sign_in("johndoe", PASSWORD).await;
    server.advance(Duration::from_hours(3));
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    let page = browser.get("/account").await;
    for text in [
        "<bdi>Web &lt;b&gt;app&lt;&#x2f;b&gt;</bdi> <code>web</code>",
        "<bdi>Read items.</bdi> <code>items</code>",
        "<bdi>Read about the user.</bdi> <code>me</code>",
        "Allowed <time datetime=\"2027-01-15T08:00:00Z\">3 hours ago</time>",
        "last used <time datetime=\"2027-01-15T08:00:00Z\">3 hours ago</time>",
        "Firefox on Linux <span class=\"badge\">This browser</span>",
        "Chrome on Windows",
        "(<bdi>&lt;i&gt;John&lt;&#x2f;i&gt; Doe</bdi>)",
    ] {
        page.shows(200, text);
    }
    let (here, there) = (page.body.find("Firefox on"), page.body.find("Chrome on"));
    assert!(here < there, "this browser comes first");
}

#[tokio::test]
async fn withdrawing_an_app_ends_its_refresh_tokens_and_its_consent() {
    let server = Server::start().await;
    server.consent("me").await;
    grant(&server).await;
    let stranger = server.browser();
    stranger.sign_in("bob", PASSWORD).await;
    let withdraw = [("client_id", "web")];
    stranger.submit("/account", "/account/apps/withdraw", &withdraw).await;
    assert!(!grant_is_revoked(&server).await, "bob can only withdraw what bob allowed");
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    let answer = browser.submit("/account", "/account/apps/withdraw", &withdraw).await;
    answer.leads_to("/account?done=withdrawn");
    let page = browser.get("/account?done=withdrawn").await;
    page.shows(200, "The app may no longer use your account.");
    page.shows(200, "No app may use your account.");
    assert!(grant_is_revoked(&server).await);
    let mut conn = server.app.store.read().await.unwrap();
    assert_eq!(consents::find(&mut conn, "johndoe", "web").await.unwrap(), None);
}

#[tokio::test]
async fn other_sessions_can_be_ended_one_by_one_and_all_at_once() {
    let server = Server::start().await;
    let [first, second, here, bob] = [(); 4].map(|()| server.browser());
    for browser in [&first, &second, &here] {
        browser.sign_in("johndoe", PASSWORD).await;
    }
    bob.sign_in("bob", PASSWORD).await;
    let page = here.get("/account").await;
    let ids: Vec<_> = page.body.split("name=\"id\" value=\"").skip(1).collect();
    let ids: Vec<_> = ids.iter().map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    bob.submit("/account", "/account/sessions/end", &[("id", ids[0])]).await;
    assert!(first.is_signed_in().await && second.is_signed_in().await, "bob ends bob's only");
    let answer = here.submit("/account", "/account/sessions/end", &[("id", ids[0])]).await;
    answer.leads_to("/account?done=ended");
    assert!(first.is_signed_in().await != second.is_signed_in().await);
    here.submit("/account", "/account/sessions/end", &[]).await.leads_to("/account?done=ended");
    assert!(!first.is_signed_in().await && !second.is_signed_in().await);
    assert!(here.is_signed_in().await && bob.is_signed_in().await);
}

#[tokio::test]
async fn pw14_a_new_password_ends_everything_but_this_browsers_session() {
    let server = Server::start().await;
    grant(&server).await;
    let (here, there) = (server.browser(), server.browser());
    here.sign_in("johndoe", PASSWORD).await;
    there.sign_in("johndoe", PASSWORD).await;
    let old = here.cookie();
    let fields = [("current", PASSWORD), ("new", NEW)];
    let answer = here.submit("/account", "/account/password", &fields).await;
    answer.leads_to("/account?done=password");
    assert_ne!(here.cookie(), old);
    here.get("/account?done=password").await.shows(200, "Your password was changed.");
    assert!(!there.is_signed_in().await);
    assert!(grant_is_revoked(&server).await);
    there.sign_in("johndoe", PASSWORD).await.shows(400, "Incorrect username or password");
    there.sign_in("johndoe", NEW).await.leads_to("/account");
    here.set_cookie(old);
    assert!(!here.is_signed_in().await, "the old cookie of this browser is dead too");
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_current_one_nor_to_a_poor_one() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await;
    for (current, new, text) in [
        ("wrong", NEW, "The current password is not right."),
        ("", NEW, "The current password is not right."),
        (PASSWORD, "short", "A password has 8 characters at least."),
        (PASSWORD, "", "A password has 8 characters at least."),
        (PASSWORD, "password", "attackers try first"),
        (PASSWORD, "johndoejohndoe", "attackers try first"),
    ] {
        let fields = [("current", current), ("new", new)];
        let answer = browser.submit("/account", "/account/password", &fields).await;
        answer.shows(400, text);
        answer.shows(400, "<title>Error: Your account");
        assert!(!answer.body.contains(NEW) && !answer.body.contains(PASSWORD));
    }
    server.browser().sign_in("johndoe", PASSWORD).await.leads_to("/account");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_sign_in() {
    let server = Server::start().await;
    let browser = server.browser();
    for path in ["/account/apps/withdraw", "/account/sessions/end", "/account/password"] {
        browser.submit("/login", path, &[]).await.leads_to("/login");
    }
}
