//! Guessing (RFC 9700 §4.13, RFC 6749 §10.7): limits that every server over the store keeps, and that
//! a restart does not lift.

use futures_util::future::join_all;

use crate::harness::{Answer, AuthServer, Place, Settings};

/// Of how many guesses a server looked at the password; the others were told to wait.
#[track_caller]
fn looked_at(answers: &[Answer]) -> usize {
    for answer in answers.iter().filter(|answer| answer.status != 400) {
        assert_eq!(answer.verdict(), (429, "temporarily_unavailable".to_owned()), "{answer:?}");
        assert!(answer.header("retry-after").parse::<u16>().is_ok_and(|wait| wait > 0));
    }
    answers.iter().filter(|answer| answer.status == 400).count()
}

/// With room for every guess of a story to wait for its hash.
fn patiently(settings: &mut Settings) {
    settings.set("hash-queue", "200");
}

/// A password request of somebody whom a proxy says it speaks with.
async fn password_from(auth: &AuthServer, address: &str, username: &str) -> Answer {
    let form =
        [("grant_type", "password"), ("username", username), ("password", "secret"), ("scope", "")];
    Answer::to(auth.post().header("x-forwarded-for", address).form(&form)).await
}

#[tokio::test]
async fn guesses_at_two_servers_at_once_count_together() {
    let place = Place::new();
    let (a, b) = (AuthServer::start(&place).await, AuthServer::start(&place).await);
    let guesses =
        |auth| join_all((0..16).map(move |_| AuthServer::password(auth, "johndoe", "wrong", "")));
    let (at_a, at_b) = tokio::join!(guesses(&a), guesses(&b));
    let heard = looked_at(&[at_a, at_b].concat());
    assert!((5..=7).contains(&heard), "EN03: five, and one more after each wait: {heard}");
}

#[tokio::test]
async fn an_address_that_has_to_wait_has_to_wait_at_every_server_and_after_a_restart() {
    let place = Place::new();
    let (a, b) = (AuthServer::start(&place).await, AuthServer::start(&place).await);
    for n in 0..100 {
        let guess = a.password(&format!("mistyped-{n}"), "secret", "").await;
        assert_eq!(guess.status, 400, "EN06");
    }
    for auth in [&a, &b] {
        assert_eq!(looked_at(&[auth.password("johndoe", "secret", "").await]), 0, "EN06");
    }
    a.stop().await;
    b.stop().await;
    let again = AuthServer::start(&place).await;
    assert_eq!(looked_at(&[again.password("johndoe", "secret", "").await]), 0, "EN06");
    assert!(!place.keeps("mistyped").await, "names may be passwords, so none is kept");
}

#[tokio::test]
async fn a_header_tells_clients_apart_where_its_sender_is_trusted_and_nowhere_else() {
    let place = Place::new();
    let auth = AuthServer::with(&place, patiently).await;
    let behind_proxy = AuthServer::with(&place, |settings| {
        patiently(settings);
        settings.set("trusted-proxies", "127.0.0.1");
    })
    .await;
    let guesses = async |auth: &AuthServer, first: usize| {
        join_all((0..120).map(|n| {
            let (address, name) = (format!("192.0.2.{n}"), format!("user-{}", first + n));
            async move { password_from(auth, &address, &name).await }
        }))
        .await
    };
    assert_eq!(looked_at(&guesses(&behind_proxy, 0).await), 120);
    assert_eq!(looked_at(&guesses(&auth, 1000).await), 100, "HH04");
    let known = password_from(&behind_proxy, "192.0.2.200", "johndoe").await;
    assert_eq!(known.status, 200, "{known:?}");
}

#[tokio::test]
async fn refreshes_go_on_while_their_address_has_to_wait_for_logins() {
    let place = Place::new();
    let auth = AuthServer::with(&place, patiently).await;
    let mut token = auth.login("me").await.refresh;
    let guesses = join_all((0..120).map(|n| {
        let (auth, name) = (&auth, format!("user-{n}"));
        async move { auth.password(&name, "wrong", "").await }
    }))
    .await;
    assert_eq!(looked_at(&guesses), 100);
    assert_eq!(auth.password("johndoe", "secret", "me").await.status, 429);
    for _ in 0..3 {
        let answer = auth.refresh(&token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        token = answer.text("refresh_token");
    }
}
