//! The docs page in a real browser: log in with a box per scope, then try the routes.

use crate::harness::{Browser, Stack, skip};

const SCHEME: &str = "OAuth2PasswordBearer";

#[tokio::test]
async fn the_docs_page_logs_in_with_one_scope_and_tries_the_routes() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of the docs page", missing);
    }
    let stack = Stack::public().await;
    let (_, port) = stack.resource.url.rsplit_once(':').expect("a port");
    let page = format!("http://localhost:{port}/docs");
    Browser::open()
        .await
        .tell(async |browser| {
            browser.goto(&page).await;
            authorize(browser).await;
            assert_eq!(try_out(browser, "me").await, "200");
            let body = browser.text("#operations-Users-me .live-responses-table .microlight").await;
            assert!(body.contains("\"username\": \"johndoe\""), "{body}");
            assert_eq!(try_out(browser, "items").await, "403");
            let mut complaints = browser.complaints().await;
            complaints.retain(|line| !(line.contains("/users/me/items/") && line.contains("403")));
            assert_eq!(complaints, [""; 0], "no script error, nothing against the policy");
        })
        .await;
}

/// Fills the Authorize dialog and closes it when it says so.
async fn authorize(browser: &Browser) {
    let tick = |scope: &str| format!("{scope}-password-checkbox-{SCHEME}");
    browser.click(".scheme-container button.authorize").await;
    assert_eq!(browser.value("#client_id_password").await, "docs", "the page's own client");
    browser.write("#oauth_username", "johndoe").await;
    browser.write("#oauth_password", "secret").await;
    browser.click(&format!("label[for='{}'] .item", tick("me"))).await;
    for (scope, expected) in [("me", true), ("items", false)] {
        let ticked = browser.is_ticked(&format!("[id='{}']", tick(scope))).await;
        assert_eq!(ticked, expected, "the box of {scope}");
    }
    // The dialog offers the code flow, too; this is the form of the password flow.
    browser.click(".auth-container:has(#oauth_username) button.authorize").await;
    // The button that logs out again stands there only once there is a token.
    browser.find(".auth-container button[aria-label='Remove authorization']").await;
    browser.click(".auth-container .btn-done").await;
}

/// Tries an operation of the group Users; the status of its answer.
async fn try_out(browser: &Browser, operation: &str) -> String {
    let block = format!("#operations-Users-{operation}");
    browser.click(&format!("{block} .opblock-summary-control")).await;
    browser.click(&format!("{block} .try-out__btn")).await;
    browser.click(&format!("{block} .execute")).await;
    let status = browser
        .text(&format!("{block} .live-responses-table .response .response-col_status"))
        .await;
    status.lines().next().unwrap_or_default().trim().to_owned()
}
