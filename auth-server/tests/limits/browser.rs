//! The login page: what it says, and the browser in which somebody has signed in before.

use crate::server::{Browser, PASSWORD, Server};

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

async fn fail(browser: &Browser<'_>, username: &str, times: usize) {
    for _ in 0..times {
        browser.sign_in(username, "wrong").await.shows(400, "Incorrect username or password");
    }
}

async fn sign_out(browser: &Browser<'_>) {
    browser.submit("/account", "/logout", &[]).await.leads_to("/login");
}

/// A browser in which johndoe has signed in before.
async fn known(server: &Server) -> Browser<'_> {
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    sign_out(&browser).await;
    browser
}

#[tokio::test]
async fn the_page_says_how_long_to_wait() {
    let server = Server::start().await;
    let browser = server.browser();
    fail(&browser, "johndoe", 5).await;
    for (wait, words) in [(1, "1 second."), (2, "2 seconds."), (4, "4 seconds.")] {
        let page = browser.sign_in("johndoe", PASSWORD).await;
        page.shows(429, &format!("Please try again in {words}"));
        page.shows(429, "value=\"johndoe\"");
        assert_eq!(page.header("retry-after"), wait.to_string());
        server.advance(std::time::Duration::from_secs(wait));
        fail(&browser, "johndoe", 1).await;
    }
    server.advance(std::time::Duration::from_secs(8));
    browser.sign_in("johndoe", PASSWORD).await.leads_to("/account");
}

#[tokio::test]
async fn a_known_browser_gets_in_while_strangers_have_to_wait() {
    let server = Server::start().await;
    let known = known(&server).await;
    fail(&server.browser(), "johndoe", 5).await;
    server.browser().sign_in("johndoe", PASSWORD).await.shows(429, "Please try again in");
    known.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    let stranger = server.browser().sign_in("johndoe", PASSWORD).await;
    stranger.shows(429, "Please try again in");
}

#[tokio::test]
async fn guesses_in_a_known_browser_make_it_wait_and_nobody_else() {
    let server = Server::start().await;
    let known = known(&server).await;
    fail(&known, "johndoe", 5).await;
    known.sign_in("johndoe", PASSWORD).await.shows(429, "Please try again in 1 second.");
    server.browser().sign_in("johndoe", PASSWORD).await.leads_to("/account");
    server.advance(DAY);
    known.sign_in("johndoe", PASSWORD).await.leads_to("/account");
}

#[tokio::test]
async fn a_browser_is_known_to_its_own_people_only() {
    let server = Server::start().await;
    let known = known(&server).await;
    fail(&server.browser(), "bob", 5).await;
    known.sign_in("bob", PASSWORD).await.shows(429, "Please try again in");
    server.advance(DAY);
    known.sign_in("bob", PASSWORD).await.leads_to("/account");
    sign_out(&known).await;
    for name in ["bob", "johndoe"] {
        fail(&server.browser(), name, 5).await;
        known.sign_in(name, PASSWORD).await.leads_to("/account");
        sign_out(&known).await;
    }
}

#[tokio::test]
async fn a_new_password_makes_other_browsers_strangers_again() {
    const NEW: &str = "an even better password";
    let server = Server::start().await;
    let (here, there) = (known(&server).await, known(&server).await);
    here.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    let fields = [("current", PASSWORD), ("new", NEW)];
    let changed = here.submit("/account", "/account/password", &fields).await;
    changed.leads_to("/account?done=password");
    sign_out(&here).await;
    fail(&server.browser(), "johndoe", 5).await;
    there.sign_in("johndoe", NEW).await.shows(429, "Please try again in");
    here.sign_in("johndoe", NEW).await.leads_to("/account");
}

#[tokio::test]
async fn guesses_at_the_current_password_count_for_the_session_alone() {
    let server = Server::start().await;
    let browser = server.browser();
    browser.sign_in("johndoe", PASSWORD).await.leads_to("/account");
    let change = async |current| {
        let fields = [("current", current), ("new", "an even better password")];
        browser.submit("/account", "/account/password", &fields).await
    };
    for _ in 0..5 {
        change("wrong").await.shows(400, "The current password is not right.");
    }
    let page = change(PASSWORD).await;
    page.shows(429, "Too many attempts have failed. Please try again in 1 second.");
    assert_eq!(page.header("retry-after"), "1");
    server.browser().sign_in("johndoe", PASSWORD).await.leads_to("/account");
    server.advance(std::time::Duration::from_secs(1));
    change(PASSWORD).await.leads_to("/account?done=password");
}

#[tokio::test]
async fn the_cookie_of_a_known_browser_opens_nothing_and_outlasts_the_session() {
    let server = Server::start().await;
    let browser = server.browser();
    let signed_in = browser.sign_in("johndoe", PASSWORD).await;
    let cookie = signed_in.known_cookie().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Max-Age=34560000"), "{cookie}");
    assert!(!cookie.contains("johndoe"), "{cookie}");
    browser.set_cookie(None);
    assert!(!browser.is_signed_in().await);
    assert_eq!(browser.get("/login").await.known_cookie(), None);
}

#[tokio::test]
async fn where_limits_are_off_no_browser_is_marked() {
    let server = Server::with(&[("SCOPEGATE_GUESS_LIMITS", "off")]).await;
    let browser = server.browser();
    fail(&browser, "johndoe", 12).await;
    assert_eq!(browser.sign_in("johndoe", PASSWORD).await.known_cookie(), None);
}
