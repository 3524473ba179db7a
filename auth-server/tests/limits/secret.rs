//! What is too long to be guessed: clients' secrets, codes and refresh tokens.

use crate::guesser::{Guesser, SECRET, Server};

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.1";

/// What `/introspect` says to the client `service` about a token that is nobody's.
async fn introspect(guesser: &Guesser<'_>, secret: &str) -> (u16, u64) {
    let fields = [("token", "x"), ("client_id", "service"), ("client_secret", secret)];
    let answer = guesser.post("/introspect", &fields).await;
    (answer.status, answer.wait())
}

async fn service(guesser: &Guesser<'_>, secret: &str) -> (u16, u64) {
    let fields =
        [("grant_type", "client_credentials"), ("client_id", "service"), ("client_secret", secret)];
    let answer = guesser.token(&fields).await;
    (answer.status, answer.wait())
}

#[tokio::test]
async fn wrong_client_secrets_make_their_address_wait_and_no_other() {
    let server = Server::start().await;
    let here = server.at(HERE);
    for _ in 0..100 {
        assert_eq!(service(&here, "wrong").await, (401, 0));
    }
    assert_eq!(service(&here, "wrong").await, (429, 36));
    assert_eq!(service(&server.at(THERE), "wrong").await, (401, 0));
    assert_eq!(here.password("johndoe", "secret").await.status, 200, "passwords count apart");
    server.advance(36);
    assert_eq!(service(&here, "wrong").await, (401, 0));
}

#[tokio::test]
async fn a_right_secret_is_heard_however_many_clients_were_made_up_at_its_address() {
    let server = Server::start().await;
    let here = server.at(HERE);
    for n in 0..100 {
        let id = format!("made-up-{n}");
        let fields = [("token", "x"), ("client_id", id.as_str()), ("client_secret", SECRET)];
        assert_eq!(here.post("/introspect", &fields).await.status, 401);
    }
    for _ in 0..3 {
        for (secret, expected) in [("wrong", (429, 36)), (SECRET, (200, 0))] {
            assert_eq!(service(&here, secret).await, expected, "/token, {secret}");
            assert_eq!(introspect(&here, secret).await, expected, "/introspect, {secret}");
        }
    }
}

#[tokio::test]
async fn ids_of_clients_cannot_be_tried_without_end() {
    let server = Server::start().await;
    let here = server.at(HERE);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "x")];
    for _ in 0..100 {
        assert_eq!(here.token(&refresh).await.status, 401);
    }
    here.token(&refresh).await.expect_wait(36);
}

#[tokio::test]
async fn made_up_tokens_are_told_to_wait_in_the_end_and_good_ones_never() {
    let server = Server::start().await;
    let here = server.at(HERE);
    let refresh = async |token: &str| {
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "app")];
        here.token(&fields).await
    };
    let login = here.password("johndoe", "secret").await;
    let mut good = login.body["refresh_token"].as_str().unwrap().to_owned();
    for _ in 0..100 {
        assert_eq!(refresh("made-up").await.status, 400);
    }
    for _ in 0..5 {
        refresh("made-up").await.expect_wait(36);
        let answer = refresh(&good).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["refresh_token"].as_str().unwrap().clone_into(&mut good);
    }
    assert_eq!(here.password("johndoe", "secret").await.status, 200, "passwords count apart");
}

#[tokio::test]
async fn a_client_that_has_proved_itself_may_bring_dead_tokens_of_its_users() {
    let server = Server::start().await;
    let here = server.at(HERE);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "dead"),
        ("client_id", "service"),
        ("client_secret", SECRET),
    ];
    for _ in 0..150 {
        assert_eq!(here.token(&fields).await.status, 400);
    }
}
