//! Too much at once: what has to wait is told when to come back, and nothing else waits with it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::harness::{Answer, AuthServer, Lock, Place, Stack, Tokens, eventually};

const LOGIN: [(&str, &str); 4] =
    [("grant_type", "password"), ("username", "johndoe"), ("password", "secret"), ("scope", "me")];

#[tokio::test]
async fn a_full_hash_queue_is_told_to_come_back_and_refreshes_go_on() {
    let place = Place::demo();
    let auth = AuthServer::with(&place, |settings| {
        settings.unset("argon2-memory").unset("argon2-time").unset("argon2-lanes");
        settings.set("hash-queue", "1").set("guess-limits", "off");
    })
    .await;
    let mut token = auth.login("me").await.refresh;
    let logins = join_all((0..20).map(|_| Answer::to(auth.post().form(&LOGIN))));
    let refreshes = async {
        for _ in 0..10 {
            token = Tokens::of(&auth.refresh(&token).await).refresh;
        }
    };
    let (answers, ()) = tokio::join!(logins, refreshes);
    let granted = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((1..20).contains(&granted), "some are granted, some are not: {granted}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()));
        assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    }
    eventually("the queue empties by itself", Duration::from_secs(10), async || {
        (Answer::to(auth.post().form(&LOGIN)).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_another_program_holds_the_database_tokens_are_still_verified() {
    let stack = Stack::start().await;
    let before = stack.auth.login("me").await;
    let lock = Lock::take(&stack.place).await;
    let begun = Instant::now();
    let refresh = stack.auth.refresh(&before.refresh);
    let verify = async {
        for _ in 0..10 {
            assert_eq!(stack.resource.ask("/users/me/", &before.access).await.status, 200, "DB01");
        }
        begun.elapsed()
    };
    let (refused, verified) = tokio::join!(refresh, verify);
    assert!(verified < Duration::from_secs(4), "DB01: they did not wait: {verified:?}");
    assert_eq!(refused.verdict(), (503, "temporarily_unavailable".to_owned()), "DB01");
    assert!(!refused.header("retry-after").is_empty(), "DB01: {refused:?}");
    lock.release().await;
    Tokens::of(&stack.auth.refresh(&before.refresh).await);
}
