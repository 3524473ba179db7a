//! The headers of pages and of what they link to.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use tower::ServiceExt;

use crate::server::{PASSWORD, Server};

#[tokio::test]
async fn ui06_under_https_the_cookie_belongs_to_this_host_alone() {
    let server = Server::with(&[("SCOPEGATE_ISSUER", "https://auth.example")]).await;
    let browser = server.browser();
    for answer in [browser.get("/login").await, browser.sign_in("johndoe", PASSWORD).await] {
        let cookie = answer.set_cookie().unwrap();
        assert!(cookie.starts_with("__Host-scopegate="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    }
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn under_http_on_loopback_the_cookie_has_a_plain_name() {
    let server = Server::start().await;
    let cookie = server.browser().get("/login").await.set_cookie().unwrap();
    assert!(cookie.starts_with("scopegate="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn a_cookie_that_came_is_not_set_again() {
    let server = Server::start().await;
    let browser = server.browser();
    assert!(browser.get("/login").await.set_cookie().is_some());
    assert_eq!(browser.get("/login").await.set_cookie(), None);
    browser.set_cookie(Some("scopegate=not-one-of-ours".into()));
    assert!(browser.get("/login").await.set_cookie().is_some());
}

#[tokio::test]
async fn ui08_ui13_ui15_every_page_is_kept_from_scripts_frames_and_caches() {
    let server = Server::with(&[("SCOPEGATE_ISSUER", "https://auth.example")]).await;
    let browser = server.browser();
    let login = browser.get("/login").await;
    browser.sign_in("johndoe", PASSWORD).await;
    let pages = [
        login,
        browser.get("/account").await,
        browser.post("/logout", &[]).await,
        server.browser().post("/logout", &[]).await,
    ];
    for page in &pages {
        for (name, expected) in [
            (
                "content-security-policy",
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                 frame-ancestors 'none'; form-action 'self'",
            ),
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(page.header(name), expected, "{page:?}");
        }
        assert!(page.header("permissions-policy").contains("geolocation=()"));
        assert!(!page.body.contains("<script") && !page.body.contains("style="), "{page:?}");
    }
}

#[tokio::test]
async fn no_cache_keeps_where_a_page_sends_the_browser() {
    let server = Server::start().await;
    let browser = server.browser();
    let password = [("current", PASSWORD), ("new", "another good old password")];
    let redirects = [
        ("signed out", browser.get("/account").await),
        ("RFC 9111 §5.2.2.5: a login's cookie", browser.sign_in("johndoe", PASSWORD).await),
        ("signed in already", browser.get("/login").await),
        ("app", browser.submit("/account", "/account/apps/withdraw", &[]).await),
        ("sessions", browser.submit("/account", "/account/sessions/end", &[]).await),
        ("a new cookie", browser.submit("/account", "/account/password", &password).await),
        ("logout", browser.submit("/account", "/logout", &[]).await),
    ];
    for (row, redirect) in redirects {
        assert_eq!((redirect.status, redirect.header("cache-control")), (303, "no-store"), "{row}");
    }
}

#[tokio::test]
async fn the_docs_page_runs_its_own_scripts_and_no_cache_keeps_the_code_that_comes_back() {
    let server = Server::start().await;
    let page = server.browser().get("/docs/").await;
    let policy = page.header("content-security-policy");
    for directive in
        ["default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.split("; ").any(|part| part == directive), "{directive}: {policy}");
    }
    let back = server.browser().get("/docs/oauth2-redirect.html?code=x&state=y").await;
    assert_eq!((back.status, back.header("cache-control")), (200, "no-store"));
    assert_eq!(back.header("content-security-policy"), policy);
}

#[tokio::test]
async fn co01_no_page_can_be_read_by_another_origin() {
    let server = Server::start().await;
    for path in ["/login", "/account"] {
        let page = server.browser().get(path).await;
        let names = page.headers.keys().map(axum::http::HeaderName::as_str);
        let cors: Vec<_> = names.filter(|name| name.starts_with("access-control-")).collect();
        assert_eq!(cors, [""; 0], "{path}");
    }
}

#[tokio::test]
async fn an_error_page_tells_the_number_of_its_request() {
    let server = Server::start().await;
    let page = server.browser().post("/logout", &[]).await;
    page.shows(403, &format!("give this number: <code>{}</code>", page.header("x-request-id")));
}

#[tokio::test]
async fn what_a_page_links_to_is_there_and_may_be_kept_for_ever() {
    let server = Server::with(&[("SCOPEGATE_BRAND_COLOR", "#7a1fa2")]).await;
    let browser = server.browser();
    let page = browser.get("/login").await;
    let links = page.body.split('"').filter(|part| part.starts_with("/assets/"));
    let links: std::collections::BTreeSet<_> = links.collect();
    assert_eq!(links.len(), 2, "{links:?}");
    for link in links {
        let asset = browser.get(link).await;
        assert_eq!(asset.status, 200, "{link}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        assert!(asset.header("content-security-policy").starts_with("default-src 'none'"));
        let expected =
            if link.ends_with("/style.css") { "text/css; charset=utf-8" } else { "image/svg+xml" };
        assert_eq!(asset.header("content-type"), expected);
        assert!(!link.ends_with("/style.css") || asset.body.contains("--brand: #7a1fa2"));
    }
    assert_eq!(browser.get("/assets/other/style.css").await.status, 404);
}

#[tokio::test]
async fn a_path_that_is_none_is_a_page_for_readers_and_empty_for_programs() {
    let server = Server::start().await;
    let ask = async |method: &str, accept: &str| {
        let request = Request::builder().method(method).uri("/nonsense").header("accept", accept);
        let router = auth_server::http::router(Arc::clone(&server.app));
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert_eq!(answer.status(), 404);
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    for accept in ["text/html", "application/xhtml+xml, Text/HTML;q=0.9, */*;q=0.8"] {
        let page = ask("GET", accept).await;
        assert!(page.contains("There is no such page"), "{accept}: {page}");
        assert!(page.contains("give this number"), "{accept}: {page}");
    }
    for (method, accept) in
        [("GET", "*/*"), ("GET", "application/json"), ("GET", ""), ("POST", "text/html")]
    {
        assert_eq!(ask(method, accept).await, "", "{method} {accept}");
    }
}

#[tokio::test]
async fn the_name_of_the_operator_stands_on_every_page() {
    let server = Server::with(&[("SCOPEGATE_BRAND_NAME", "Example & Sons")]).await;
    let page = server.browser().get("/login").await;
    page.shows(200, "<title>Sign in · Example &amp; Sons</title>");
    page.shows(200, "<span>Example &amp; Sons</span>");
}
