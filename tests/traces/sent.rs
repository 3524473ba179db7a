//! What is sent: the trace of a login and of a request with its token, and what is left out of it.

use std::{net::Ipv4Addr, time::Duration};

use reqwest::{Method, RequestBuilder};
use tokio::{net::TcpListener, time::Instant};

use super::{AuthServer, Place, collector::Collector, otlp::Span};
use crate::harness::{Answer, ResourceApi, Stack, Tokens, free_port};

/// The trace of the caller, and its span.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Something that stands in queries and headers, and must not be kept.
const MARK: &str = "mark-of-a-secret";

/// More than the 0.8 s in which the last spans are sent, and less than the ten of a stop.
const SOON: Duration = Duration::from_secs(6);

const FORM: [(&str, &str); 4] = [
    ("grant_type", "password"),
    ("username", "johndoe"),
    ("password", "secret"),
    ("scope", "me items"),
];

#[tokio::test]
async fn a_login_and_a_request_go_on_with_the_trace_of_the_caller() {
    let collector = Collector::start().await;
    let Stack { mut auth, mut resource, place: _place } = programs(&collector.url).await;
    let login = traced(auth.post().form(&FORM), "01");
    let tokens = Tokens::of(&Answer::to(login).await);
    let items = resource.request(&format!("/users/me/items/?q={MARK}"));
    let answer = Answer::to(traced(items, "01").bearer_auth(&tokens.access)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(auth.process.stop().await.code(), Some(0));
    assert_eq!(resource.process.stop().await.code(), Some(0));

    let spans: Vec<_> = collector.spans().into_iter().filter(|span| span.trace == TRACE).collect();
    let servers: Vec<_> = spans.iter().filter(|span| span.kind == 2).collect();
    assert_eq!(servers.len(), 2, "{spans:#?}");
    let [login, items] = ["POST /token", "GET /users/me/items/"].map(|name| {
        *servers.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{spans:#?}"))
    });
    assert_eq!((login.program.as_str(), items.program.as_str()), ("auth-server", "api"));
    for (span, method, path) in [(login, "POST", "/token"), (items, "GET", "/users/me/items/")] {
        assert_eq!((span.parent.as_str(), span.status), (CALLER, 0), "{span:?}");
        let expected = [
            ("http.request.method", method),
            ("http.response.status_code", "200"),
            ("http.route", path),
            ("url.path", path),
            ("url.scheme", "http"),
        ];
        let attributes =
            span.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(attributes.collect::<Vec<_>>(), expected);
    }
    assert_work(&spans, login);
    let mut secrets = vec!["johndoe", "secret", MARK, "127.0.0.1", "localhost"];
    secrets.extend([tokens.access.as_str(), &tokens.refresh]);
    assert_keeps_none(&collector, &secrets);
}

/// The pieces of work of a login lie within its span.
#[track_caller]
fn assert_work(spans: &[Span], login: &Span) {
    let work: Vec<_> = spans.iter().filter(|span| span.kind == 1).collect();
    for name in ["password hash wait", "password hash", "store read", "store write"] {
        assert!(work.iter().any(|span| span.name == name), "{name}: {spans:#?}");
    }
    for span in work {
        assert_eq!((&span.parent, span.program.as_str()), (&login.id, "auth-server"), "{span:?}");
        assert_eq!(span.attributes.get("scopegate.outcome").map(String::as_str), Some("done"));
        let within = span.time.0 <= span.time.1 && span.time.1 <= login.time.1;
        assert!(within, "{span:?} {login:?}");
    }
}

#[track_caller]
fn assert_keeps_none(collector: &Collector, secrets: &[&str]) {
    for body in collector.bodies() {
        for secret in secrets {
            let found = body.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!found, "{secret:?} in {}", String::from_utf8_lossy(&body));
        }
    }
}

#[tokio::test]
async fn strange_requests_leave_spans_that_hold_nothing_of_a_stranger_but_a_short_path() {
    let collector = Collector::start().await;
    let Stack { mut auth, place: _place, .. } = programs(&collector.url).await;
    let long = format!("/{}{MARK}", "x".repeat(80));
    let strange = |method: &[u8], path: &str, trace: &[&str]| {
        let method = Method::from_bytes(method).expect("it may be sent");
        let mut request = auth.http.request(method, format!("{}{path}", auth.url));
        request = request.header("x-request-id", MARK).header("user-agent", MARK);
        trace.iter().fold(request, |request, value| request.header("traceparent", *value))
    };
    let good = format!("00-{TRACE}-{CALLER}-01");
    for (method, path, trace) in [
        (b"GET".as_slice(), long.as_str(), [MARK].as_slice()),
        (MARK.as_bytes(), "/token", &["00-00000000000000000000000000000000-b7ad6b7169203331-01"]),
        (b"GET", &format!("/authorize?state={MARK}"), &[&good, &good]),
    ] {
        Answer::to(strange(method, path, trace)).await;
    }
    assert_eq!(auth.process.stop().await.code(), Some(0));
    let spans = collector.spans();
    for name in ["GET", "HTTP /token", "GET /authorize"] {
        let span = spans.iter().find(|span| span.kind == 2 && span.name == name);
        let span = span.unwrap_or_else(|| panic!("{name}: {spans:#?}"));
        assert!(span.parent.is_empty() && span.trace != TRACE, "{span:?}");
        assert!(span.attributes["url.path"].len() <= 64, "{span:?}");
    }
    assert_keeps_none(&collector, &[MARK]);
}

#[tokio::test]
async fn a_trace_that_the_caller_does_not_sample_is_not_kept_but_stands_in_the_log() {
    let collector = Collector::start().await;
    let Stack { mut auth, place: _place, .. } = programs(&collector.url).await;
    let wrong = [FORM[0], FORM[1], ("password", "wrong"), FORM[3]];
    let answer = Answer::to(traced(auth.post().form(&wrong), "00")).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(auth.process.stop().await.code(), Some(0));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace != TRACE), "{spans:#?}");
    let log = auth.process.log();
    let refused = log.lines().find(|line| line.contains("refused")).expect("a line");
    assert!(refused.contains(&format!("trace_id=\"{TRACE}\"")), "{log}");
}

#[tokio::test]
async fn a_collector_that_is_away_or_silent_costs_one_warning_and_no_request() {
    // The system takes connections for it, and nobody ever answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is left");
    let silent = silent.local_addr().expect("it listens").port();
    for (port, warned) in [(free_port(), true), (silent, false)] {
        let url = format!("http://127.0.0.1:{port}");
        let Stack { mut auth, place: _place, .. } = programs(&url).await;
        auth.login("me").await;
        if warned {
            auth.process.line("traces are lost").await;
        }
        auth.login("me").await;
        let asked = Instant::now();
        assert_eq!(auth.process.stop().await.code(), Some(0));
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
        let log = auth.process.log();
        let warnings = log.lines().filter(|line| line.contains("WARN")).collect::<Vec<_>>();
        assert!(warnings.len() <= 1 && log.contains("stopped"), "{log}");
    }
}

/// Both programs, which send their traces there at once.
async fn programs(url: &str) -> Stack {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.variable("OTEL_EXPORTER_OTLP_ENDPOINT", url);
        settings.variable("OTEL_BSP_SCHEDULE_DELAY", "50");
    })
    .await;
    let resource = ResourceApi::with(&place, |settings| {
        settings.variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{url}/v1/traces"));
        settings.variable("OTEL_SERVICE_NAME", "api");
    })
    .await;
    Stack { auth, resource, place }
}

/// The request as a part of the caller's trace.
fn traced(request: RequestBuilder, flags: &str) -> RequestBuilder {
    request.header("traceparent", format!("00-{TRACE}-{CALLER}-{flags}"))
}
