//! What strangers can make of the store: nothing.

use std::time::Duration;

use scopegate_store::cleanup;

use crate::{
    flow::{Flow, Tab},
    form::Form,
};

#[tokio::test]
async fn requests_without_a_login_leave_no_row() {
    let flow = Flow::start().await;
    let before = flow.server.rows().await;
    let browser = flow.server.browser();
    for n in 0..50 {
        let tab =
            Tab::open(&browser, &Form::asking("app").with("state", format!("stranger {n}"))).await;
        browser.get(tab.answer.header("location")).await.shows(200, "name=\"request\"");
    }
    assert_eq!(flow.server.rows().await, before);
}

#[tokio::test]
async fn what_an_answer_leaves_goes_when_the_request_would_have_expired() {
    let flow = Flow::start().await;
    let browser = flow.johndoe().await;
    Tab::open(&browser, &Form::asking("app")).await.press(&browser, "deny").await;
    for (minutes, expected) in [(14, 1), (1, 0)] {
        flow.server.advance(Duration::from_mins(minutes));
        let now = flow.server.now();
        flow.server
            .write(move |conn| {
                Box::pin(async move { cleanup::delete_expired(conn, now, 100).await })
            })
            .await;
        let rows = flow.server.rows().await;
        assert!(rows.contains(&("answered_requests", expected)), "{rows:?}");
    }
}
