//! The docs page in a real browser: log in with a box per scope, by password or by the pages of
//! auth-server, then try the routes.

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
            complains_of_the_403_only(browser).await;
        })
        .await;
}

#[tokio::test]
async fn the_docs_page_signs_in_by_code_and_pkce() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of the docs page and the code flow", missing);
    }
    let stack = Stack::public().await;
    let page = docs_page(&stack, &stack.resource.url);
    Browser::open()
        .await
        .tell(async |browser| {
            browser.goto(&page).await;
            authorize_by_code(browser, SCHEME).await;
            assert_eq!(try_out(browser, "me").await, "200");
            assert_eq!(try_out(browser, "items").await, "403", "the box was not ticked");
            complains_of_the_403_only(browser).await;
        })
        .await;
}

#[tokio::test]
async fn the_docs_page_of_auth_server_signs_in_by_code_and_pkce() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of auth-server's docs page", missing);
    }
    let stack = Stack::public().await;
    let page = docs_page(&stack, &stack.auth.url);
    Browser::open()
        .await
        .tell(async |browser| {
            browser.goto(&page).await;
            authorize_by_code(browser, "OAuth2").await;
            assert_eq!(browser.complaints().await, [""; 0], "nothing against the policy");
        })
        .await;
}

/// The browser itself reports the answer that was wanted; there is no script error beside it, and
/// nothing against the policy.
async fn complains_of_the_403_only(browser: &Browser) {
    let mut complaints = browser.complaints().await;
    complaints.retain(|line| !(line.contains("/users/me/items/") && line.contains("403")));
    assert_eq!(complaints, [""; 0], "no script error, nothing against the policy");
}

/// The docs page of the server at this URL, to which the client `docs` may be sent back.
fn docs_page(stack: &Stack, url: &str) -> String {
    let (_, port) = url.rsplit_once(':').expect("a port");
    let page = format!("http://localhost:{port}/docs");
    let redirect_uri = format!("{page}/oauth2-redirect.html");
    stack.place.run(&["client", "set", "docs", "--redirect-uri", &redirect_uri]).done();
    page
}

/// Goes from the Authorize dialog to the pages of auth-server, signs in there, decides and is back.
async fn authorize_by_code(browser: &Browser, scheme: &str) {
    browser.click(".scheme-container button.authorize").await;
    let client = browser.value("#client_id_authorizationCode").await;
    assert_eq!(client, "docs", "the page's own client");
    let tick = format!("me-authorizationCode-checkbox-{scheme}");
    browser.click(&format!("label[for='{tick}'] .item")).await;
    browser.click(".auth-container:has(#client_id_authorizationCode) button.authorize").await;
    browser
        .in_new_window(async |browser| {
            browser.write("#username", "johndoe").await;
            browser.write("#password", "secret").await;
            browser.click("button").await;
            // The login page has a `main`, too, until the browser has left it.
            browser.find("button[value=allow]").await;
            let consent = browser.text("main").await;
            for text in ["API docs", "johndoe", "Read information about the current user."] {
                assert!(consent.contains(text), "{text}: {consent}");
            }
            assert!(!consent.contains("Read items."), "{consent}");
            // The window is gone as soon as it is back at the docs page, perhaps before a click ends.
            let allow = "document.querySelector('button[value=allow]').click()";
            browser.run(&format!("setTimeout(() => {allow})")).await;
        })
        .await;
    browser.find(".auth-container button[aria-label='Remove authorization']").await;
    browser.click(".auth-container .btn-done").await;
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
