//! Redirect URIs over HTTP: compared character by character (RFC 9700 §2.1), but that a loopback
//! literal goes with any port (RFC 8252 §7.3).

use crate::{
    answer::{is_error_page, refused, sent},
    flow::{Flow, Tab},
    form::Form,
};

/// Row, and what is asked for instead of `https://app.example/cb`.
const NOT_REGISTERED: [(&str, &str); 66] = [
    ("RU02", "https://app.example/cb/evil"),
    ("RU02", "https://app.example/cb/"),
    ("RU02", "https://app.example/CB"),
    ("RU02", "https://app.example/c"),
    ("RU02", "https://app.example/cb;"),
    ("RU02", "https://app.example"),
    ("RU02", "https://app.example/"),
    ("RU02", "https://app.example/%63b"),
    ("RU02", "https://app.example//cb"),
    ("RU03", "https://app.example/cb/../evil"),
    ("RU03", "https://app.example/cb/..%2fevil"),
    ("RU03", "https://app.example/cb/%2e%2e/evil"),
    ("RU03", "https://app.example/cb/%252e%252e/evil"),
    ("RU03", "https://app.example/cb/..;/evil"),
    ("RU03", "https://app.example/cb\\..\\evil"),
    ("RU03", "https://app.example/x/../cb"),
    ("RU03", "https://app.example/./cb"),
    ("RU04", "https://app.example.evil.com/cb"),
    ("RU04", "https://evil.com/https://app.example/cb"),
    ("RU04", "https://evil.com?https://app.example/cb"),
    ("RU04", "https://evilapp.example/cb"),
    ("RU05", "https://app.example@evil.com/cb"),
    ("RU05", "https://a@b@evil.com"),
    ("RU05", "https://app.example%40evil.com"),
    ("RU05", "https://user:password@app.example/cb"),
    ("RU05", "https://@app.example/cb"),
    ("RU05", "https://evil.com#@app.example/cb"),
    ("RU05", "https://evil.com\\@app.example/cb"),
    ("RU06", "HTTPS://APP.EXAMPLE/cb"),
    ("RU06", "https://App.example/cb"),
    ("RU06", "https://app.example:443/cb"),
    ("RU06", "https://app.example:/cb"),
    ("RU06", "http://app.example/cb"),
    ("RU09", "https://app.example/cb#f"),
    ("RU09", "https://app.example/cb#"),
    ("RU10", "https://app.example/cb%0d%0aSet-Cookie:a=b"),
    ("RU10", "https://app.example/cb\r\nSet-Cookie: a=b"),
    ("RU10", " https://app.example/cb"),
    ("RU10", "https://app.example/cb "),
    ("RU10", "https://app.example/cb\t"),
    ("RU10", "https://app.\texample/cb"),
    ("RU10", "https://app.example/cb\0"),
    ("RU10", "https://app.example/cb%00"),
    ("RU12", "//evil.com"),
    ("RU12", "//app.example/cb"),
    ("RU12", "/\\evil.com"),
    ("RU12", "\\/evil.com"),
    ("RU12", "/cb"),
    ("RU12", "cb"),
    ("RU12", ""),
    ("RU12", "https:app.example/cb"),
    ("RU12", "javascript:alert(1)//https://app.example/cb"),
    ("RU12", "data:text/html,https://app.example/cb"),
    ("RU13", "https://app\u{ff0e}example/cb"),
    ("RU13", "https://xn--app-example-x.example/cb"),
    ("RU13", "https://%61pp.example/cb"),
    ("RU13", "https://app.example./cb"),
    ("RU13", "https://2130706433/cb"),
    ("RU14", "https://appXexample/cb"),
    ("RU17", "https://app.example:8443/cb"),
    ("RU19", "https://rival.example/cb"),
    ("RU20", "https://app.example/cb?code=attacker&state=x"),
    ("RU20", "https://app.example/cb?tenant=2"),
    ("RU20", "https://app.example/cb?tenant=1&code=attacker"),
    ("RU20", "https://app.example/cb?"),
    ("a wildcard", "https://*"),
];

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_gets_a_page_and_no_redirect() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let twice = Form::asking("app").also("redirect_uri", "https://app.example/cb");
    let missing = Form::asking("app").without("redirect_uri");
    let changed = NOT_REGISTERED
        .map(|(row, uri)| (format!("{row} {uri}"), Form::asking("app").with("redirect_uri", uri)));
    let long = format!("https://app.example/cb{}", "/x".repeat(10_000));
    let more = [
        ("RFC 6749 §3.1 twice".to_owned(), twice),
        ("none: it is always required".to_owned(), missing),
        ("too long".to_owned(), Form::asking("app").with("redirect_uri", long)),
        ("RU14".to_owned(), Form::asking("rival").with("redirect_uri", "https://fooXexample/cb")),
    ];
    for (row, form) in changed.into_iter().chain(more) {
        for answer in
            [browser.get(&form.url()).await, browser.post("/authorize", &form.fields()).await]
        {
            is_error_page(&answer, 400, "This app cannot sign you in", &row);
            assert_eq!(answer.set_cookie(), None, "RU10 {row}");
        }
    }
}

#[tokio::test]
async fn a_native_app_is_sent_to_the_loopback_port_that_it_asks_for() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (row, uri, source) in [
        ("RU15", "http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
        ("RU15 as registered", "http://127.0.0.1/cb", "http://127.0.0.1"),
        ("RU15 the last port", "http://127.0.0.1:65535/cb", "http://127.0.0.1:65535"),
        ("RU15 IPv6", "http://[::1]:51004/cb", "http:"),
        ("RU18", "com.example.app:/cb", "com.example.app:"),
    ] {
        let form = Form::asking("native").with("redirect_uri", uri);
        let tab = Tab::open(&browser, &form).await;
        let policy = tab.answer.header("content-security-policy");
        assert!(policy.ends_with(&format!("form-action 'self' {source}")), "{row}: {policy}");
        let answer = tab.press(&browser, "allow").await;
        let code = sent(&answer, &form)["code"].clone();
        assert!(answer.header("location").starts_with(&format!("{uri}?code=")), "{row}");
        let form = Form::redeeming("native", &code).with("redirect_uri", uri);
        assert_eq!(flow.token(&form).await.status, 200, "{row}");
        let form = Form::asking("native").with("redirect_uri", uri).with("scope", "nonsense");
        assert_eq!(refused(&browser.get(&form.url()).await, &form), "invalid_scope", "{row}");
    }
}

#[tokio::test]
async fn nothing_but_the_port_of_a_loopback_literal_may_differ() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (row, client, uri) in [
        ("RU15 another path", "native", "http://127.0.0.1:51004/other"),
        ("RU15 a query", "native", "http://127.0.0.1:51004/cb?x=1"),
        ("RU15 a name", "native", "http://localhost:51004/cb"),
        ("RU15 https", "native", "https://127.0.0.1:51004/cb"),
        ("RU15 another address", "native", "http://127.0.0.2:51004/cb"),
        ("RU15 a longer host", "native", "http://127.0.0.1.evil.com/cb"),
        ("RU15 a user", "native", "http://127.0.0.1:51004@evil.com/cb"),
        ("RU15 an odd port", "native", "http://127.0.0.1:0080/cb"),
        ("RU15 no port", "native", "http://127.0.0.1:/cb"),
        ("RU15 too high a port", "native", "http://127.0.0.1:65536/cb"),
        ("RU15 two ports", "native", "http://127.0.0.1:80:80/cb"),
        ("RU15 a fragment", "native", "http://127.0.0.1:51004/cb#f"),
        ("RU13 an integer", "native", "http://2130706433/cb"),
        ("RU13 octal", "native", "http://0177.0.0.1/cb"),
        ("RU13 short", "native", "http://127.1/cb"),
        ("RU13 IPv6 in full", "native", "http://[0:0:0:0:0:0:0:1]:51004/cb"),
        ("RU13 IPv4 in IPv6", "native", "http://[::ffff:127.0.0.1]/cb"),
        ("RU18 another scheme", "native", "com.example.app2:/cb"),
        ("RU18 slashes", "native", "com.example.app:///cb"),
        ("RU18 another case", "native", "COM.EXAMPLE.APP:/cb"),
        ("RU18 another path", "native", "com.example.app:/cb/x"),
        ("RU17", "app", "https://app.example:51004/cb"),
        ("RU19", "spa", "http://127.0.0.1/cb"),
    ] {
        let form = Form::asking(client).with("redirect_uri", uri);
        let answer = browser.get(&form.url()).await;
        is_error_page(&answer, 400, "This app cannot sign you in", row);
    }
}

#[tokio::test]
async fn a_registered_query_stays_and_the_answer_is_added_to_it() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let uri = "https://app.example/cb?tenant=1";
    let form = Form::asking("app").with("redirect_uri", uri);
    let answer = Tab::open(&browser, &form).await.press(&browser, "allow").await;
    assert!(answer.header("location").starts_with(&format!("{uri}&code=")), "RFC 6749 §4.1.2");
    let code = &sent(&answer, &form)["code"];
    let form = Form::redeeming("app", code);
    assert_eq!(flow.token(&form).await.status, 400, "CX06: the URI without its query");
    assert_eq!(flow.token(&form.with("redirect_uri", uri)).await.status, 200);
}
