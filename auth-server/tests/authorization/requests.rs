//! `/authorize`: which requests are taken, and whom a fault is told (RFC 6749 §4.1.2.1).

use std::{io::ErrorKind, net::TcpListener};

use scopegate_store::clients;

use crate::{
    answer::{is_error_page, private, refused, sent},
    flow::{Flow, Tab},
    form::{CHALLENGE, Form},
};

const NOT_THIS_APP: &str = "This app cannot sign you in";

fn ask() -> Form {
    Form::asking("app")
}

#[tokio::test]
async fn a_request_without_a_known_client_gets_a_page() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    flow.does(|conn, now| Box::pin(clients::set_disabled(conn, "rival", true, now))).await;
    for (row, form) in [
        ("AZ01 none", ask().without("client_id")),
        ("AZ01 empty", ask().with("client_id", "")),
        ("AZ01 unknown", ask().with("client_id", "nobody")),
        ("AZ01 twice", ask().also("client_id", "app")),
        ("AZ01 twice, another", ask().also("client_id", "spa")),
        ("AZ01 another case", ask().with("client_id", "App")),
        ("AZ01 a space behind", ask().with("client_id", "app ")),
        ("AZ01 a user's name", ask().with("client_id", "johndoe")),
        ("AZ01 a NUL", ask().with("client_id", "app\0")),
        ("AZ01 too long", ask().with("client_id", "a".repeat(20_000))),
        ("AZ01 disabled", Form::asking("rival")),
        ("nothing at all", Form::asking("app").without("client_id").without("redirect_uri")),
    ] {
        is_error_page(&browser.get(&form.url()).await, 400, NOT_THIS_APP, row);
        let answer = browser.post("/authorize", &form.fields()).await;
        is_error_page(&answer, 400, NOT_THIS_APP, row);
    }
    is_error_page(&browser.get("/authorize").await, 400, NOT_THIS_APP, "no query");
}

#[tokio::test]
async fn any_other_fault_is_told_the_client_by_redirect() {
    let flow = Flow::start().await;
    let browser = flow.server.browser();
    for (row, form, error) in [
        ("AZ02", ask().without("response_type"), "invalid_request"),
        ("AZ02 empty", ask().with("response_type", ""), "invalid_request"),
        ("AZ04 scope", ask().also("scope", "me"), "invalid_request"),
        ("AZ04 state", ask().also("state", "other"), "invalid_request"),
        ("AZ04 challenge", ask().also("code_challenge", CHALLENGE), "invalid_request"),
        ("AZ04 response_type", ask().also("response_type", "code"), "invalid_request"),
        ("AZ04 an unknown one", ask().also("x", "1").also("x", "2"), "invalid_request"),
        ("AZ08 unknown", ask().with("scope", "me nonsense"), "invalid_scope"),
        ("AZ08 another case", ask().with("scope", "ME"), "invalid_scope"),
        ("AZ08 a comma", ask().with("scope", "me,items"), "invalid_scope"),
        ("AZ08 a quote", ask().with("scope", "me \"items\""), "invalid_scope"),
        ("AZ08 a NUL", ask().with("scope", "me\0"), "invalid_scope"),
        ("AZ08 beyond ASCII", ask().with("scope", "mé"), "invalid_scope"),
        ("AZ08 too long", ask().with("scope", words(10_000)), "invalid_scope"),
        ("a state too long", ask().with("state", "s".repeat(8193)), "invalid_request"),
        ("a NUL in the state", ask().with("state", "s\0"), "invalid_request"),
        ("a client without the grant", Form::asking("no-code"), "unauthorized_client"),
    ] {
        assert_eq!(refused(&browser.get(&form.url()).await, &form), error, "{row}");
        let answer = browser.post("/authorize", &form.fields()).await;
        assert_eq!(refused(&answer, &form), error, "{row} POST");
    }
}

#[tokio::test]
async fn az03_the_only_response_type_is_code() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for other in [
        "token",
        "id_token",
        "code token",
        "none",
        "CODE",
        "code code",
        " code",
        "code\0",
        "id_token token",
    ] {
        let form = ask().with("response_type", other);
        let error = refused(&browser.get(&form.url()).await, &form);
        assert_eq!(error, "unsupported_response_type", "AZ03 {other}");
    }
}

#[tokio::test]
async fn a_state_comes_back_to_the_last_byte() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let printable: String = (' '..='~').collect();
    for (row, state) in [
        ("AZ05", "a b+c%26\"<é😀".to_owned()),
        ("AZ05 every printable character", printable.repeat(43)),
        ("AZ05 line breaks", "a\r\nSet-Cookie: a=b\r\n\r\nb\t\u{7f}".to_owned()),
        ("AZ05 as long as can be", "é".repeat(4096)),
        ("AZ05 not normalised", "e\u{301}\u{feff}\u{202e}".to_owned()),
        ("AZ05 spaces", "  ".to_owned()),
        ("AZ06 empty", String::new()),
    ] {
        let form = Form::asking("house").with("state", state);
        let code = sent(&Tab::open(&browser, &form).await.answer, &form);
        assert!(code.contains_key("code"), "{row}");
        let form = form.with("scope", "nonsense");
        assert_eq!(refused(&browser.get(&form.url()).await, &form), "invalid_scope", "{row}");
    }
    let form = Form::asking("house").without("state");
    let answer = Tab::open(&browser, &form).await.answer;
    assert!(!sent(&answer, &form).contains_key("state"), "AZ06 none");
    let form = form.with("state", "");
    let answer = Tab::open(&browser, &form).await.answer;
    assert!(!sent(&answer, &form).contains_key("state"), "AZ06 empty");
}

#[tokio::test]
async fn az10_a_form_of_another_site_is_stored_and_becomes_a_get() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    // A cross-site POST does not bring the cookie along; the GET that follows does.
    let begun = flow.server.browser().post("/authorize", &ask().fields()).await;
    assert_eq!((begun.status, begun.set_cookie()), (303, None), "AZ10");
    private(&begun);
    let path = begun.header("location").to_owned();
    let tab = Tab { answer: browser.get(&path).await, path };
    let answer = tab.press(&browser, "allow").await;
    flow.redeem("app", &sent(&answer, &ask())["code"]).await;
    is_error_page(
        &browser.post(&ask().url(), &[]).await,
        400,
        NOT_THIS_APP,
        "AZ10: the query of a POST counts for nothing",
    );
}

#[tokio::test]
async fn what_is_unknown_is_ignored() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for (row, form) in [
        ("AZ11", ask().with("extra", "foobar")),
        ("AZ11 prompt", ask().with("prompt", "none")),
        ("AZ11 prompt", ask().with("prompt", "login")),
        ("AZ11 max_age", ask().with("max_age", "0")),
        ("AZ11 nonce", ask().with("nonce", "n-0S6_WzA2Mj")),
        ("AZ11 a decision", ask().with("decision", "allow").with("approve", "1")),
        ("AZ15 query", ask().with("response_mode", "query")),
        ("AZ14 empty", ask().with("request", "").with("request_uri", "")),
        ("a scope of spaces", ask().with("scope", "  me   me ")),
    ] {
        let tab = Tab::open(&browser, &form).await;
        assert_eq!(tab.scopes(), ["me"], "{row}");
    }
    let form = ask().with("prompt", "none");
    let begun = Tab::open(&flow.server.browser(), &form).await;
    begun.answer.leads_to(&format!("/login?request={}", begun.id()));
}

#[tokio::test]
async fn az14_request_objects_are_refused_and_never_fetched() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let uri = format!("http://{}/request", listener.local_addr().unwrap());
    for (form, error) in [
        (ask().with("request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
        (ask().with("request_uri", uri), "request_uri_not_supported"),
        (
            ask().with("request_uri", "urn:ietf:params:oauth:request_uri:x"),
            "request_uri_not_supported",
        ),
    ] {
        assert_eq!(refused(&browser.get(&form.url()).await, &form), error, "AZ14");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "AZ14");
}

#[tokio::test]
async fn az15_an_answer_goes_into_the_query_only() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    for mode in
        ["fragment", "form_post", "form_post.jwt", "query.jwt", "web_message", "foo", "QUERY"]
    {
        let form = ask().with("response_mode", mode);
        assert_eq!(
            refused(&browser.get(&form.url()).await, &form),
            "invalid_request",
            "AZ15 {mode}"
        );
        let form = form.with("redirect_uri", "https://evil.example/cb");
        is_error_page(&browser.get(&form.url()).await, 400, NOT_THIS_APP, mode);
    }
}

#[tokio::test]
async fn a_fault_of_the_redirect_uri_wins_over_every_other() {
    let flow = Flow::start().await;
    let evil = ask().with("redirect_uri", "https://evil.example/cb");
    for (row, form) in [
        ("AZ16", evil.clone().with("prompt", "none")),
        ("AZ22 response_type", evil.clone().with("response_type", "token")),
        ("AZ22 no PKCE", evil.clone().without("code_challenge")),
        ("AZ22 scope", evil.clone().with("scope", "\"")),
        ("AZ22 request", evil.clone().with("request", "x")),
        ("AZ22 twice", evil.clone().also("state", "x")),
        ("AZ22 the state", evil.clone().with("state", "\0")),
        ("AZ22 the grant", Form::asking("no-code").with("redirect_uri", "https://evil.example/cb")),
    ] {
        for browser in [flow.server.browser(), flow.johndoe().await] {
            is_error_page(&browser.get(&form.url()).await, 400, NOT_THIS_APP, row);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_gets_a_page() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    let many = (0..65).fold(String::new(), |query, n| query + &format!("&p{n}=1"));
    for (row, query) in [("not UTF-8", "&x=%ff"), ("not UTF-8", "&%c3%28=1"), ("too many", &many)] {
        let answer = browser.get(&format!("{}{query}", ask().url())).await;
        is_error_page(&answer, 400, "This form cannot be read", row);
    }
    let huge = ask().with("state", "s".repeat(130 << 10));
    let answer = browser.post("/authorize", &huge.fields()).await;
    is_error_page(&answer, 413, "This form cannot be read", "130 KiB");
    for path in ["unknown-unknown-unknow", "x", "%00", "%2e%2e%2flogin", "a'%20OR%20''='"] {
        let answer = browser.get(&format!("/authorize/{path}")).await;
        is_error_page(&answer, 400, "This request is over", path);
    }
}

#[tokio::test]
async fn az13_no_answer_on_the_way_may_be_kept_or_told() {
    let flow = Flow::start().await;
    let browser = flow.server.browser();
    let begun = browser.get(&ask().url()).await;
    private(&begun);
    let path = begun.header("location").to_owned();
    let to_login = browser.get(&path).await;
    to_login.leads_to(&path.replace("/authorize/", "/login?request="));
    private(&to_login);
    let login = browser.get(to_login.header("location")).await;
    private(&login);
    let johndoe = flow.johndoe().await;
    let tab = Tab { answer: johndoe.get(&path).await, path };
    private(&tab.answer);
    let policy = tab.answer.header("content-security-policy");
    assert!(policy.ends_with("form-action 'self' https://app.example"), "{policy}");
    private(&tab.press(&johndoe, "allow").await);
    private(&tab.press(&johndoe, "allow").await);
    assert_eq!(johndoe.get(&tab.path).await.status, 400);
}

/// That many different words.
fn words(count: u32) -> String {
    (0..count).fold(String::new(), |words, n| words + &format!("s{n} "))
}
