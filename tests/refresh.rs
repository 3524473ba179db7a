//! Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): rotated at each use, one successor each, and a
//! family that ends when a spent one comes back.

use std::time::{Duration, Instant};

use crate::harness::{Answer, AuthServer, OTHER_SECRET, Place, REACH, Stack, Tokens, eventually};

const REFUSED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn each_use_gives_another_refresh_token_of_the_same_scope() {
    let stack = Stack::start().await;
    let first = stack.auth.login("me items").await;
    let second = Tokens::of(&stack.auth.refresh(&first.refresh).await);
    assert_ne!(second.refresh, first.refresh, "RF01");
    assert_ne!(second.access, first.access, "RF01");
    assert_eq!(second.scope, "items me");
    let narrow = stack.auth.token(&refresh_with(&second.refresh, "scope", "me")).await;
    let third = Tokens::of(&narrow);
    assert_eq!(third.scope, "me", "RF07");
    assert_eq!(stack.resource.ask("/users/me/items/", &third.access).await.status, 403, "RF07");
    let fourth = Tokens::of(&stack.auth.refresh(&third.refresh).await);
    assert_eq!(fourth.scope, "items me", "RF07: the refresh token keeps its own scope");
    assert_eq!(stack.resource.ask("/users/me/items/", &fourth.access).await.status, 200, "RF07");
    assert_eq!(stack.resource.ask("/users/me/", &first.access).await.status, 200, "it still lives");
}

#[tokio::test]
async fn a_refused_request_does_not_spend_the_token() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let token = auth.login("me").await.refresh;
    for (row, form, expected) in [
        ("RF08 wider", refresh_with(&token, "scope", "me items"), (400, "invalid_scope")),
        ("RF08 unknown", refresh_with(&token, "scope", "admin"), (400, "invalid_scope")),
        ("RF08 malformed", refresh_with(&token, "scope", "\"me\""), (400, "invalid_scope")),
        ("another public client", refresh_with(&token, "client_id", "spa"), (400, "invalid_grant")),
        ("an unknown client", refresh_with(&token, "client_id", "nobody"), (401, "invalid_client")),
        (
            "a client without the grant",
            refresh_with(&token, "client_id", "me-only"),
            (400, "unauthorized_client"),
        ),
    ] {
        let answer = auth.token(&form).await;
        assert_eq!(answer.verdict(), (expected.0, expected.1.to_owned()), "{row}");
    }
    let other = auth.post().basic_auth("other", Some(OTHER_SECRET));
    let answer = Answer::to(other.form(&refresh_with(&token, "scope", "me"))).await;
    assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "a confidential client");
    Tokens::of(&auth.refresh(&token).await);
}

#[tokio::test]
async fn a_confidential_clients_token_needs_its_secret() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let login = [
        ("grant_type", "password"),
        ("username", "johndoe"),
        ("password", "secret"),
        ("scope", "me"),
    ];
    let as_other = || auth.post().basic_auth("other", Some(OTHER_SECRET));
    let token = Tokens::of(&Answer::to(as_other().form(&login)).await).refresh;
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let alone = auth.token(&refresh_with(&token, "client_id", "other")).await;
    assert_eq!(alone.verdict(), (401, "invalid_client".to_owned()), "RF06 the id alone");
    let none = auth.token(&form).await;
    assert_eq!(
        none.verdict(),
        (400, "invalid_grant".to_owned()),
        "RF06 no client: the default one's"
    );
    Tokens::of(&Answer::to(as_other().form(&form)).await);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_harms_nobody() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let tokens = auth.login("me").await;
    let token = tokens.refresh.as_str();
    let mut flipped = token.to_owned().into_bytes();
    flipped[0] = if flipped[0] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    for (row, presented, status) in [
        ("RF12 a letter changed", flipped, 400),
        ("RF12 cut", token[..token.len() - 1].to_owned(), 400),
        ("RF12 lengthened", format!("{token}A"), 400),
        ("RF12 another case", swap_case(token), 400),
        ("RF12 a space around", format!(" {token}"), 400),
        ("RF12 1 MiB", "A".repeat(1 << 20), 413),
        ("RF12 100 KiB", "A".repeat(100 << 10), 400),
        ("RF12 beyond ASCII", "é☃".to_owned(), 400),
        ("RF12 a NUL", "\0".to_owned(), 400),
        ("RF12 empty", String::new(), 400),
        ("an access token", tokens.access.clone(), 400),
    ] {
        let answer = auth.refresh(&presented).await;
        assert_eq!(answer.status, status, "{row}");
        let expected =
            if presented.is_empty() || status == 413 { "invalid_request" } else { "invalid_grant" };
        assert_eq!(answer.text("error"), expected, "{row}");
    }
    Tokens::of(&auth.refresh(token).await);
}

#[tokio::test]
async fn a_refresh_token_opens_no_route() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me").await.refresh;
    let answer = stack.resource.ask("/users/me/", &token).await;
    assert_eq!(answer.problem(), (401, REFUSED.1.to_owned()), "RF13");
}

#[tokio::test]
async fn a_retry_gets_the_same_successor_until_that_is_used() {
    let stack = Stack::start().await;
    let first = stack.auth.login("me").await;
    let second = Tokens::of(&stack.auth.refresh(&first.refresh).await);
    let retried = Tokens::of(&stack.auth.refresh(&first.refresh).await);
    assert_eq!(retried.refresh, second.refresh, "a lost answer is given again");
    assert_ne!(retried.access, second.access);
    let third = Tokens::of(&stack.auth.refresh(&second.refresh).await);
    let replayed = stack.auth.refresh(&first.refresh).await;
    assert_eq!(replayed.verdict(), (400, "invalid_grant".to_owned()), "RF02");
    for token in [&first, &second, &third] {
        let answer = stack.auth.refresh(&token.refresh).await;
        assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()), "RF02: the family is dead");
    }
    for token in [&first, &second, &third, &retried] {
        stack.resource.comes_to(REACH, "/status/", &token.access, REFUSED).await;
    }
    let other = stack.auth.login("me").await;
    assert_eq!(stack.resource.ask("/status/", &other.access).await.status, 200, "another login");
    Tokens::of(&stack.auth.refresh(&other.refresh).await);
}

#[tokio::test]
async fn reuse_shows_however_quickly_the_tokens_follow_each_other() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for back in [2, 3, 4] {
        let mut family = vec![auth.login("me").await.refresh];
        for _ in 0..4 {
            let last = family.last().expect("it begins with one");
            family.push(Tokens::of(&auth.refresh(last).await).refresh);
        }
        let replayed = &family[family.len() - 1 - back];
        assert_eq!(auth.refresh(replayed).await.status, 400, "RF03: {back} steps back");
        assert_eq!(auth.refresh(&family[4]).await.status, 400, "RF03: {back} steps back, the last");
    }
}

#[tokio::test]
async fn after_the_grace_a_retry_is_a_reuse() {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.set("refresh-reuse-grace", "1s");
    })
    .await;
    let first = auth.login("me").await;
    let second = Tokens::of(&auth.refresh(&first.refresh).await);
    eventually("the grace is over", Duration::from_secs(10), async || {
        let answer = auth.refresh(&first.refresh).await;
        if answer.status == 200 {
            assert_eq!(answer.text("refresh_token"), second.refresh);
            return None;
        }
        assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()));
        Some(())
    })
    .await;
    assert_eq!(auth.refresh(&second.refresh).await.status, 400, "RF02: the family is dead");
}

#[tokio::test]
async fn a_family_never_outlives_its_greatest_age() {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.set("refresh-token-max-age", "2s");
    })
    .await;
    let begun = Instant::now();
    let mut token = auth.login("me").await.refresh;
    eventually("the family is too old", Duration::from_secs(10), async || {
        let answer = auth.refresh(&token).await;
        if answer.status == 200 {
            token = Tokens::of(&answer).refresh;
            return None;
        }
        assert_eq!(answer.verdict(), (400, "invalid_grant".to_owned()));
        Some(())
    })
    .await;
    assert!(begun.elapsed() > Duration::from_millis(1900), "not before that");
}

#[tokio::test]
async fn fifty_refreshes_at_once_make_one_successor() {
    let place = Place::new();
    let one = AuthServer::start(&place).await;
    let elsewhere = place.replica();
    let two = AuthServer::start(&elsewhere).await;
    for (row, servers) in [("RF04 one machine", [&one, &one]), ("RF04 two machines", [&one, &two])]
    {
        let token = one.login("me").await.refresh;
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let requests = (0..50).map(|n| servers[n % 2].post().form(&form));
        let answers = futures_util::future::join_all(requests.map(Answer::to)).await;
        let mut successors: Vec<String> = Vec::new();
        let mut access: Vec<String> = Vec::new();
        for answer in &answers {
            let tokens = Tokens::of(answer);
            successors.push(tokens.refresh);
            access.push(tokens.access);
        }
        successors.sort();
        successors.dedup();
        access.sort();
        access.dedup();
        assert_eq!((successors.len(), access.len()), (1, 50), "{row}");
        Tokens::of(&two.refresh(&successors[0]).await);
    }
}

#[tokio::test]
async fn an_acknowledged_rotation_survives_being_killed() {
    let place = Place::new();
    let mut auth = AuthServer::start(&place).await;
    let first = auth.login("me").await;
    let second = Tokens::of(&auth.refresh(&first.refresh).await);
    auth.process.kill();

    let mut auth = AuthServer::start(&place).await;
    let retried = Tokens::of(&auth.refresh(&first.refresh).await);
    assert_eq!(retried.refresh, second.refresh, "the same successor, after a restart too");
    let third = Tokens::of(&auth.refresh(&second.refresh).await);
    auth.process.kill();

    let auth = AuthServer::start(&place).await;
    assert_eq!(auth.refresh(&first.refresh).await.status, 400, "a reuse is known after a restart");
    assert_eq!(auth.refresh(&third.refresh).await.status, 400, "the family is dead");
}

fn refresh_with<'a>(token: &'a str, name: &'a str, value: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", "refresh_token"), ("refresh_token", token), (name, value)]
}

fn swap_case(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}
