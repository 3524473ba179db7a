//! What surrounds every request, over the router itself.

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
