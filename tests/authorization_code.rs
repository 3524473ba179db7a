//! Authorization codes (RFC 6749 §4.1.2) on the real binaries: used at once by many, at several
//! processes, and by a process that is killed.

use futures_util::future::join_all;

use crate::{
    clients::spa::{code, exchange},
    harness::{Answer, AuthServer, Place, REACH, Settings, Stack, Tokens},
};

const REFUSED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn a_user_of_the_pages_gets_an_app_what_it_asked_for() {
    let stack = Stack::start().await;
    let code = code(&stack.auth, "me").await;
    let answer = stack.auth.token(&exchange(&code)).await;
    let tokens = Tokens::of(&answer);
    assert_eq!((tokens.scope.as_str(), answer.header("cache-control")), ("me", "no-store"));
    let me = stack.resource.ask("/users/me/", &tokens.access).await;
    assert_eq!((me.status, me.text("username")), (200, "johndoe".to_owned()), "CX01");
    assert_eq!(stack.resource.ask("/users/me/items/", &tokens.access).await.status, 403, "CX01");
    let refreshed = Tokens::of(&stack.auth.token(&refresh(&tokens)).await);
    assert_eq!(stack.resource.ask("/users/me/", &refreshed.access).await.status, 200);
    for secret in [&code, &tokens.refresh, &refreshed.refresh] {
        assert!(!stack.place.keeps(secret).await, "only their hashes are kept");
    }
}

#[tokio::test]
async fn a_second_use_shuts_the_first_ones_tokens_out_everywhere() {
    let stack = Stack::start().await;
    let code = code(&stack.auth, "me").await;
    let first = Tokens::of(&stack.auth.token(&exchange(&code)).await);
    let second = Tokens::of(&stack.auth.token(&refresh(&first)).await);
    assert_eq!(stack.resource.ask("/users/me/", &second.access).await.status, 200);
    let replayed = stack.auth.token(&exchange(&code)).await;
    assert_eq!(replayed.verdict(), (400, "invalid_grant".to_owned()), "CX02");
    assert_dead(&stack, &[first, second], "CX02").await;
}

#[tokio::test]
async fn fifty_exchanges_of_one_code_give_one_answer_at_most_and_its_tokens_end() {
    let unlimited = |settings: &mut Settings| {
        settings.set("guess-limits", "off");
    };
    let stack = Stack::with(unlimited).await;
    let elsewhere = stack.place.replica();
    let second = AuthServer::with(&elsewhere, unlimited).await;
    let (one, two) = (&stack.auth, &second);
    for (row, servers) in [("CX02 one machine", [one, one]), ("CX02 two machines", [one, two])] {
        let code = code(one, "me items").await;
        let form = exchange(&code);
        let requests = (0..50).map(|n| Answer::to(servers[n % 2].post().form(&form)));
        let answers = join_all(requests).await;
        let (given, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 200);
        assert!(given.len() <= 1, "{row}: {given:?}");
        for answer in refused {
            assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "{row}");
        }
        let tokens: Vec<_> = given.into_iter().map(Tokens::of).collect();
        assert_dead(&stack, &tokens, row).await;
        for server in [one, two] {
            let answer = server.token(&form).await;
            assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "{row}: afterwards");
        }
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_its_user_is_shut_out() {
    let stack = Stack::start().await;
    for (row, command) in [
        ("EN05 every login ended", &["user", "revoke", "johndoe"][..]),
        ("EN05 disabled", &["user", "disable", "johndoe"]),
        ("EN05 a new password", &["user", "set-password", "johndoe", "--password-stdin"]),
    ] {
        stack.place.run(&["user", "enable", "johndoe"]).done();
        let code = code(&stack.auth, "me").await;
        stack.place.run(command).input("another long secret\n").done();
        let answer = stack.auth.token(&exchange(&code)).await;
        assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "{row}");
    }
}

#[tokio::test]
async fn an_acknowledged_code_and_its_exchange_survive_being_killed() {
    let place = Place::new();
    let mut auth = AuthServer::start(&place).await;
    let code = code(&auth, "me").await;
    auth.process.kill();

    let mut auth = AuthServer::start(&place).await;
    let first = Tokens::of(&auth.token(&exchange(&code)).await);
    auth.process.kill();

    let mut auth = AuthServer::start(&place).await;
    let second = Tokens::of(&auth.token(&refresh(&first)).await);
    auth.process.kill();

    let auth = AuthServer::start(&place).await;
    let replayed = auth.token(&exchange(&code)).await;
    assert_eq!(replayed.verdict(), (400, "invalid_grant".to_owned()), "a used code stays used");
    let dead = auth.token(&refresh(&second)).await;
    assert_eq!(dead.verdict(), (400, "invalid_grant".to_owned()), "and its family dies of that");
}

fn refresh(tokens: &Tokens) -> [(&str, &str); 3] {
    [("grant_type", "refresh_token"), ("client_id", "spa"), ("refresh_token", &tokens.refresh)]
}

/// Refused at both programs.
async fn assert_dead(stack: &Stack, all: &[Tokens], row: &str) {
    for tokens in all {
        let refreshed = stack.auth.token(&refresh(tokens)).await;
        assert_eq!(refreshed.verdict(), (400, "invalid_grant".to_owned()), "{row}");
        stack.resource.comes_to(REACH, "/status/", &tokens.access, REFUSED).await;
    }
}
