//! What a store tells of its own work.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use scopegate_store::{End, Store, StoreError, StoreOptions, Synchronous, Work, meta};

use tokio::sync::mpsc;

use crate::harness::on_every_database;

/// Without the time that it took.
fn kind(work: &Work) -> String {
    match work {
        Work::Read { end, .. } => format!("read {end:?}"),
        Work::Write { end, .. } => format!("write {end:?}"),
        Work::Awaited { end, .. } => format!("awaited {end:?}"),
        Work::Commit { jobs } => format!("commit of {jobs}"),
    }
}

#[tokio::test]
async fn every_read_and_write_is_told_with_what_became_of_it() {
    on_every_database(async |db| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let options = StoreOptions { url: db.url.clone(), synchronous: Synchronous::Full };
        let store = Store::open_observed(
            &options,
            Arc::new(move |work| listener.lock().unwrap().push(work)),
        )
        .await
        .unwrap();
        let heard = || {
            let work: Vec<Work> = told.lock().unwrap().drain(..).collect();
            let is_commit = |work: &&Work| matches!(work, Work::Commit { .. });
            let commits = work.iter().filter(is_commit).count();
            let others = work.iter().filter(|work| !is_commit(work)).map(kind);
            (others.collect::<Vec<_>>(), commits)
        };
        heard();
        let commits = usize::from(db.file().is_some());

        drop(store.read().await.unwrap());
        assert_eq!(heard(), (vec![format!("read {:?}", End::Done)], 0));

        let put = |value: &'static str| {
            store.write(move |conn| Box::pin(async move { meta::put(conn, "x", value).await }))
        };
        put("1").await.unwrap();
        put("2").await.unwrap();
        let write = |end: End| [format!("write {end:?}"), format!("awaited {end:?}")];
        assert_eq!(heard(), ([write(End::Done), write(End::Done)].concat(), 2 * commits));
        let found = meta::find(&mut store.read().await.unwrap(), "x").await;
        assert_eq!(found.unwrap().as_deref(), Some("2"));
        heard();

        let refused = StoreError::Refused("a rule".to_owned());
        let answer = refused.clone();
        let refusal: Result<(), _> =
            store.write(move |_| Box::pin(async move { Err(answer) })).await;
        assert_eq!(refusal, Err(refused));
        assert_eq!(heard(), (write(End::Refused).to_vec(), commits));

        assert_eq!(store.waiting_writes(), 0);
        store.close().await;
        assert!(store.read().await.is_err());
        assert!(put("3").await.is_err());
        let mut failed = vec![format!("read {:?}", End::Failed)];
        failed.extend(write(End::Failed));
        assert_eq!(heard(), (failed, 0));
    })
    .await;
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_told_when_it_ends() {
    on_every_database(async |db| {
        let (tell, mut told) = mpsc::unbounded_channel();
        let options = StoreOptions { url: db.url.clone(), synchronous: Synchronous::Full };
        let observer = move |work: Work| {
            // Nobody listens when the test is over.
            let _ = tell.send(kind(&work));
        };
        let store = Store::open_observed(&options, Arc::new(observer)).await.unwrap();
        for (answer, end) in [
            (Ok(()), End::Done),
            (Err(StoreError::Unavailable("a full disk".to_owned())), End::Failed),
        ] {
            let write = store.write(move |_| Box::pin(async move { answer }));
            assert!(write.now_or_never().is_none(), "it takes longer than that");
            let ended = loop {
                let work = told.recv().await.expect("the store tells");
                if !work.starts_with("commit") {
                    break work;
                }
            };
            assert_eq!(ended, format!("write {end:?}"));
            assert_eq!(store.waiting_writes(), 0);
        }
        store.close().await;
    })
    .await;
}
