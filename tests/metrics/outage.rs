//! The worst outage is the one that clients do not wait out: what they gave up still counts.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use tokio::time::timeout;

use super::{scrape, steps};
use crate::harness::{AuthServer, Lock, Place, eventually};

/// How long the clients wait: much less than a write does for another program.
const SHORT: Duration = Duration::from_millis(300);

/// A write waits 5 seconds for another program; those that came after the first one share the next 5.
const WRITES_END: Duration = Duration::from_secs(30);

const CLIENTS: u32 = 4;

#[tokio::test]
async fn requests_that_clients_give_up_under_an_outage_count_as_aborted_and_their_writes_as_failed()
{
    let place = Place::new();
    let mut auth = AuthServer::with(&place, |settings| {
        settings.set("guess-limits", "off");
    })
    .await;
    let mut tokens = Vec::new();
    for _ in 0..CLIENTS {
        tokens.push(auth.login("me").await.refresh);
    }
    let lock = Lock::take(&place).await;
    let before = scrape(&mut auth.process).await;

    let given_up = tokens.iter().map(|token| timeout(SHORT, auth.refresh(token)));
    assert!(join_all(given_up).await.iter().all(Result::is_err), "nobody is answered so soon");
    let clients = f64::from(CLIENTS);
    let expected = BTreeMap::from(
        [
            "scopegate_http_requests_total{route=\"/token\",method=\"POST\",status=\"aborted\"}",
            "scopegate_http_request_duration_seconds_count{route=\"/token\",method=\"POST\"}",
            "scopegate_token_requests_total{grant=\"refresh_token\",outcome=\"aborted\"}",
        ]
        .map(|series| (series.to_owned(), clients)),
    );
    let names = [
        "scopegate_http_requests_total",
        "scopegate_http_request_duration_seconds_count",
        "scopegate_token_requests_total",
    ];
    eventually("the server sees that they have gone", WRITES_END, async || {
        let moved = steps(&before, &scrape(&mut auth.process).await, &names);
        (moved == expected).then_some(())
    })
    .await;
    let failed = "scopegate_store_duration_seconds_count{kind=\"write\",outcome=\"failed\"}";
    eventually("the writes that nobody waits for have failed", WRITES_END, async || {
        let after = scrape(&mut auth.process).await;
        (after.value(failed) - before.value(failed) >= clients).then_some(())
    })
    .await;
    lock.release().await;
}
