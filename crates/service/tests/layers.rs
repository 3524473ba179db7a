//! What surrounds every request, over the router itself.

use std::future::{pending, ready};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request},
    routing::get,
};
use scopegate_service::{
    layers,
    metrics::{HttpMetrics, Sheet},
};
use tower::ServiceExt;

/// The ids of the answer to a request with these ids.
async fn answered(ids: &[&[u8]]) -> Vec<HeaderValue> {
    let mut request = Request::builder().uri("/");
    for id in ids {
        request = request.header("x-request-id", *id);
    }
    let request = request.body(Body::empty()).expect("these are header values");
    let metrics = HttpMetrics::new(&mut Sheet::new("test", "0"));
    let routes = layers::around(Router::new().route("/", get(async || "")), &metrics);
    let answer = routes.oneshot(request).await.expect("a router always answers");
    answer.headers().get_all("x-request-id").iter().cloned().collect()
}

#[tokio::test]
async fn an_id_that_looks_like_one_is_kept() {
    for id in ["a", "0", "Root-1.2_3", "0194fdc2-fa2f-7cc0-81d3-ff12045b73c8", &"x".repeat(128)] {
        assert_eq!(answered(&[id.as_bytes()]).await, [id]);
    }
}

#[tokio::test]
async fn any_other_id_is_replaced_by_one_of_our_own() {
    let long = "x".repeat(129);
    let rows: [(&str, &[&[u8]]); 7] = [
        ("none", &[]),
        ("empty", &[b""]),
        ("long", &[long.as_bytes()]),
        ("with a space", &[b"a b"]),
        ("like a field of the log", &[b"a\" method=GET"]),
        ("beyond ASCII", &["é".as_bytes()]),
        ("two", &[b"a", b"b"]),
    ];
    for (name, ids) in rows {
        let answer = answered(ids).await;
        let [id] = answer.as_slice() else { panic!("{name}: {answer:?}") };
        assert_eq!(id.len(), 36, "{name}: {id:?} is a UUID");
    }
}

#[tokio::test]
async fn a_request_whose_client_hangs_up_counts_once_and_as_aborted() {
    let mut sheet = Sheet::new("test", "0");
    let metrics = HttpMetrics::new(&mut sheet);
    let routes = Router::new().route("/", get(async || "")).route("/slow", get(pending::<()>));
    let routes = layers::around(routes, &metrics);
    let request = |uri| Request::builder().uri(uri).body(Body::empty()).expect("a path");
    routes.clone().oneshot(request("/")).await.expect("a router always answers");
    tokio::select! {
        biased;
        _ = routes.oneshot(request("/slow")) => panic!("it never answers"),
        () = ready(()) => {}
    }
    let page = sheet.page().expect("it can be written down");
    let series = |name: &str| {
        let mut found: Vec<&str> = page.lines().filter(|line| line.starts_with(name)).collect();
        found.sort_unstable();
        found
    };
    let counted = [
        "scopegate_http_requests_total{route=\"/\",method=\"GET\",status=\"2xx\"} 1",
        "scopegate_http_requests_total{route=\"/slow\",method=\"GET\",status=\"aborted\"} 1",
    ];
    assert_eq!(series("scopegate_http_requests_total"), counted);
    let timed = [
        "scopegate_http_request_duration_seconds_count{route=\"/\",method=\"GET\"} 1",
        "scopegate_http_request_duration_seconds_count{route=\"/slow\",method=\"GET\"} 1",
    ];
    assert_eq!(series("scopegate_http_request_duration_seconds_count"), timed);
}
