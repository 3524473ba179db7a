//! The token endpoint as a parser (RFC 6749 §3.2, §5): what it reads, and how every answer looks.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::harness::{Answer, AuthServer, FORM, Place, RawAnswer, connect, raw};

const LOGIN: &str = "grant_type=password&username=johndoe&password=secret&scope=me";

#[tokio::test]
async fn a_body_is_read_as_its_clause_says() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let many = (0..20_000).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    for (row, body, status, error) in [
        ("TP11 a broken percent", format!("{LOGIN}&a=%zz&b=%"), 200, ""),
        (
            "TP11 a semicolon is no separator",
            LOGIN.replace("&scope=me", ";scope=me"),
            400,
            "invalid_grant",
        ),
        ("TP11 && and a leading &", format!("&&{}", LOGIN.replace('&', "&&")), 200, ""),
        ("TP11 a name without =", format!("{LOGIN}&a"), 200, ""),
        ("TP11 bytes that are no UTF-8", format!("{LOGIN}&a=%ff"), 400, "invalid_request"),
        ("TP11 an encoded name", LOGIN.replace("scope", "%73cope"), 200, ""),
        ("TP14 an empty scope", LOGIN.replace("scope=me", "scope="), 200, ""),
        ("TP16 an unknown parameter", format!("{LOGIN}&foo=bar"), 200, ""),
        ("TP19 an empty body", String::new(), 400, "invalid_request"),
        ("TP20 no grant_type", "username=johndoe&password=secret".into(), 400, "invalid_request"),
        ("TP20 an empty grant_type", LOGIN.replace("=password&", "=&"), 400, "invalid_request"),
        ("no such grant", "grant_type=magic".into(), 400, "unsupported_grant_type"),
        ("implicit", "grant_type=implicit".into(), 400, "unsupported_grant_type"),
        ("TP23 20,000 parameters", many, 400, "invalid_request"),
        ("HH01 a line break in a value", format!("{LOGIN}&state=%0d%0aSet-Cookie:+a=b"), 200, ""),
    ] {
        let answer = auth.form(&body).await;
        assert!(answer.headers.get("set-cookie").is_none(), "{row}");
        let (found, code) = answer.verdict();
        // More parameters than are read may also be more bytes than are read.
        let too_large = row.starts_with("TP23") && found == 413;
        assert!(found == status || too_large, "{row}: {answer:?}");
        assert_eq!(code, error, "{row}: {answer:?}");
    }
}

#[tokio::test]
async fn a_parameter_given_twice_is_refused() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for name in [
        "grant_type",
        "username",
        "password",
        "scope",
        "client_id",
        "client_secret",
        "refresh_token",
        "code",
        "redirect_uri",
        "code_verifier",
        "foo",
    ] {
        for (kind, twice) in [
            ("the same", format!("{name}=me&{name}=me")),
            ("different", format!("{name}=a&{name}=b")),
            ("one empty", format!("{name}=&{name}=b")),
        ] {
            let rest: Vec<&str> =
                LOGIN.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
            let answer = auth.form(&format!("{}&{twice}", rest.join("&"))).await;
            let expected = (400, "invalid_request".to_owned());
            assert_eq!(answer.verdict(), expected, "TP01 {name}, {kind}");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_as_json() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let json = r#"{"grant_type":"password","username":"johndoe","password":"secret","scope":"me"}"#;
    let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\npassword\r\n--x--\r\n";
    for (row, media, body, status) in [
        ("TP05 JSON", Some("application/json"), json, 400),
        ("TP06 no Content-Type", None, LOGIN, 400),
        ("TP06 multipart", Some("multipart/form-data; boundary=x"), multipart, 400),
        ("TP06 plain text", Some("text/plain"), LOGIN, 400),
        ("TP06 a longer name", Some("application/x-www-form-urlencoded2"), LOGIN, 400),
        ("TP07 another case", Some("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), LOGIN, 200),
        (
            "TP07 a space before the parameter",
            Some("application/x-www-form-urlencoded ;a=b"),
            LOGIN,
            200,
        ),
    ] {
        let mut request = auth.post().body(body);
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let answer = Answer::to(request).await;
        let error = if status == 200 { "" } else { "invalid_request" };
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_much_is_not_read() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let two_mebibytes = format!("{LOGIN}&a={}", "x".repeat(2 << 20));
    let answer = raw(&auth.url, &post(&two_mebibytes, &[])).await;
    assert_eq!(answer.status, 413, "TP08 2 MiB");

    let mut stream = connect(&auth.url).await;
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 10737418240\r\n\
         Connection: close\r\n\r\ngrant_type="
    );
    stream.write_all(head.as_bytes()).await.expect("the server reads the head");
    let answer = timeout(Duration::from_secs(2), RawAnswer::read(&mut stream)).await;
    let answer = answer.expect("TP08: 10 GiB are refused before they arrive");
    assert_eq!(answer.status, 413, "TP08 10 GiB announced");

    let chunked = "POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\
                   Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(4);
    let answer = raw(&auth.url, format!("{chunked}{chunk}0\r\n\r\n").as_bytes()).await;
    assert_eq!(answer.status, 413, "TP08 256 KiB in chunks");

    let gzip = raw(&auth.url, &post("\u{1f}\u{8b}", &["Content-Encoding: gzip"])).await;
    assert_eq!(gzip.status, 415, "TP24 compressed");
    assert_eq!(auth.form(LOGIN).await.status, 200, "and the server goes on");
}

#[tokio::test]
async fn credentials_in_the_url_are_not_read() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let answer = auth.get(&format!("/token?{LOGIN}")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "TP17 GET");
    assert!(!answer.body.contains("access_token"), "TP17 GET");
    let request = auth.http.post(format!("{}/token?{LOGIN}", auth.url));
    let answer = Answer::to(request.header("content-type", FORM).body("")).await;
    assert_eq!(answer.verdict(), (400, "invalid_request".to_owned()), "POST with a query only");
    let answer =
        raw(&auth.url, b"POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(answer.status, 400, "TP19 no body, no length: {answer:?}");
}

#[tokio::test]
async fn every_refusal_has_the_form_of_the_rfc() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for (row, body) in [
        ("invalid_request", "scope=%22%3Cscript%3E%E2%98%83"),
        ("unsupported_grant_type", "grant_type=%22%3Cscript%3E%E2%98%83"),
        ("invalid_client", "grant_type=password&username=a&password=b&client_id=%3Cscript%3E"),
        ("invalid_grant", "grant_type=password&username=%3Cscript%3E&password=b"),
        ("invalid_scope", "grant_type=password&username=a&password=b&scope=%22%3Cscript%3E"),
        ("unauthorized_client", "grant_type=password&username=a&password=b&client_id=no-password"),
        ("invalid_grant", "grant_type=refresh_token&refresh_token=%3Cscript%3E"),
    ] {
        let answer = auth.form(body).await;
        assert_eq!(answer.text("error"), row, "TP21");
        assert_eq!(answer.header("content-type"), "application/json", "TP21 {row}");
        assert_eq!(answer.header("cache-control"), "no-store", "TP21 {row}");
        assert_eq!(answer.header("pragma"), "no-cache", "TP21 {row}");
        let json = answer.json();
        let members = json.as_object().expect("an object");
        assert!(
            members
                .keys()
                .all(|name| ["error", "error_description", "error_uri"].contains(&name.as_str())),
            "TP21 {row}: {answer:?}"
        );
        let description = answer.text("error_description");
        let allowed = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(!description.is_empty() && description.bytes().all(allowed), "TP21 {row}");
        assert!(!answer.body.contains("<script"), "TP21 {row} reflects nothing");
    }
}

#[tokio::test]
async fn every_token_answer_has_the_form_of_the_rfc() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let answer = auth.form(&format!("{LOGIN}+items")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json", "TP22");
    assert_eq!(answer.header("cache-control"), "no-store", "TP22");
    assert_eq!(answer.header("pragma"), "no-cache", "TP22");
    let json = answer.json();
    assert_eq!(json["token_type"], "bearer", "TP22");
    assert_eq!(json["expires_in"], 1800, "TP22");
    assert_eq!(json["scope"], "items me", "TP22");
    let without = auth.form(&LOGIN.replace("scope=me", "")).await.json();
    assert!(without.get("scope").is_none(), "without scopes the member is absent: {without}");
}

#[tokio::test]
async fn hostile_requests_are_answered_plainly() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let get = |path: &str, header: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n").into_bytes()
    };
    let many = (0..1000).map(|n| format!("X-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let many_keys = (0..10_000).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
    let many_keys = format!("{{{many_keys}}}");
    let json = |body: &str| {
        String::from_utf8_lossy(&post(body, &[])).replace(FORM, "application/json").into_bytes()
    };
    let big = |name: &str, bytes: usize| format!("{name}: {}\r\n", "x".repeat(bytes));
    for (row, bytes, expected) in [
        ("HH05 an unknown path", get("/nonsense", ""), &[404][..]),
        ("HH05 a wrong method", get("/token", ""), &[405]),
        ("HH02 64 KiB of header", get("/health/live", &big("X-A", 64 << 10)), &[200, 400, 431]),
        ("HH02 1 MiB of header", get("/health/live", &big("X-A", 1 << 20)), &[400, 431]),
        ("HH02 1,000 headers", get("/health/live", &many), &[400, 431]),
        ("HH02 64 KiB of cookie", get("/health/live", &big("Cookie", 64 << 10)), &[200, 400, 431]),
        (
            "HH06 nor switched to",
            get("/health/live", "Upgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"),
            &[200],
        ),
        ("DS05 JSON without end", json(&"[".repeat(100_000)), &[400, 415]),
        ("DS05 JSON with many keys", json(&many_keys), &[400, 415]),
    ] {
        let answer = raw(&auth.url, &bytes).await;
        assert!(expected.contains(&answer.status), "{row}: {}", answer.status);
        for word in ["axum", "hyper", "sqlite", "SELECT", "panicked", "/src/", ".rs:", "Error {"] {
            assert!(!answer.text.contains(word), "IJ08 {row} says {word}");
        }
    }
    assert_eq!(auth.get("/health/live").await.status, 200, "and the server goes on");
}

#[tokio::test]
async fn who_speaks_http_2_is_hung_up_on() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let mut stream = connect(&auth.url).await;
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(settings).await.expect("the server listens");
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.contains(&b'{') && answer.len() < 256, "HH06: {answer:?}");
    assert_eq!(auth.get("/health/live").await.status, 200, "HH06: and the server goes on");
}

fn post(body: &str, headers: &[&str]) -> Vec<u8> {
    let headers = headers.iter().map(|header| format!("{header}\r\n")).collect::<Vec<_>>().concat();
    format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\
         Connection: close\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}
