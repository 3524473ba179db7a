//! Stories about time, with a clock that the test moves: how long a refresh token, its family and
//! the grace last (the contract's section 5, RFC 9700 §4.14).

mod in_process;

use std::time::Duration;

use in_process::{Answer, Server};
use scopegate_core::clock::Timestamp;
use scopegate_store::{grants, users};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// What a refresh with this token is answered.
async fn refresh(server: &Server, token: &str) -> Answer {
    server
        .post(&format!("grant_type=refresh_token&client_id=first-party&refresh_token={token}"))
        .await
}

async fn login(server: &Server) -> String {
    server.login("me items").await.refresh_token()
}

#[tokio::test]
async fn an_access_token_says_when_it_was_issued_and_when_it_expires() {
    let server = Server::start().await;
    let answer = server.login("me").await;
    assert_eq!(answer.body["expires_in"], 1800);
    let claims = answer.claims();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    assert_eq!(claims["iat"], server.now().seconds());
}

#[tokio::test]
async fn a_refresh_token_unused_for_its_lifetime_dies() {
    let server = Server::start().await;
    let token = login(&server).await;
    server.advance(29 * DAY);
    let token = refresh(&server, &token).await.refresh_token();
    server.advance(30 * DAY + MINUTE);
    refresh(&server, &token).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_family_never_outlives_its_age_whatever_is_rotated() {
    let server = Server::start().await;
    let mut token = login(&server).await;
    for _ in 0..4 {
        server.advance(20 * DAY);
        token = refresh(&server, &token).await.refresh_token();
    }
    server.advance(11 * DAY);
    refresh(&server, &token).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_retry_within_the_grace_gets_the_same_successor_and_another_access_token() {
    let server = Server::start().await;
    let token = login(&server).await;
    let first = refresh(&server, &token).await;
    server.advance(Duration::from_secs(29));
    let second = refresh(&server, &token).await;
    assert_eq!(first.refresh_token(), second.refresh_token());
    assert_ne!(first.body["access_token"], second.body["access_token"]);
    assert_eq!(first.claims()["grant_id"], second.claims()["grant_id"]);
    refresh(&server, &first.refresh_token()).await.refresh_token();
}

#[tokio::test]
async fn a_spent_token_after_the_grace_revokes_its_family() {
    let server = Server::start().await;
    let token = login(&server).await;
    let successor = refresh(&server, &token).await.refresh_token();
    server.advance(Duration::from_secs(31));
    refresh(&server, &token).await.expect_error(400, "invalid_grant");
    refresh(&server, &successor).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn rf03_a_token_two_generations_old_revokes_its_family_within_the_same_second() {
    let server = Server::start().await;
    let first = login(&server).await;
    let second = refresh(&server, &first).await.refresh_token();
    let third = refresh(&server, &second).await.refresh_token();
    refresh(&server, &first).await.expect_error(400, "invalid_grant");
    refresh(&server, &second).await.expect_error(400, "invalid_grant");
    refresh(&server, &third).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_spent_token_revokes_its_family_even_when_the_request_asks_for_too_much() {
    let server = Server::start().await;
    let token = login(&server).await;
    let successor = refresh(&server, &token).await.refresh_token();
    server.advance(MINUTE);
    let greedy =
        format!("grant_type=refresh_token&client_id=first-party&scope=admin&refresh_token={token}");
    server.post(&greedy).await.expect_error(400, "invalid_grant");
    refresh(&server, &successor).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn rf08_a_refused_scope_leaves_the_refresh_token_whole() {
    let server = Server::start().await;
    let token = login(&server).await;
    let wide =
        format!("grant_type=refresh_token&client_id=first-party&scope=admin&refresh_token={token}");
    server.post(&wide).await.expect_error(400, "invalid_scope");
    assert_ne!(refresh(&server, &token).await.refresh_token(), token);
}

#[tokio::test]
async fn another_clients_attempt_leaves_the_family_alone() {
    let server = Server::start().await;
    let token = login(&server).await;
    let stranger = format!("grant_type=refresh_token&client_id=other&refresh_token={token}");
    server.post(&stranger).await.expect_error(400, "invalid_grant");
    let successor = refresh(&server, &token).await.refresh_token();
    server.post(&stranger).await.expect_error(400, "invalid_grant");
    refresh(&server, &successor).await.refresh_token();
}

#[tokio::test]
async fn a_revoked_grant_refreshes_no_more() {
    let server = Server::start().await;
    let answer = server.login("me").await;
    let grant = answer.claims()["grant_id"].as_str().unwrap().to_owned();
    let now = server.now();
    server
        .app
        .store
        .write(move |conn| Box::pin(async move { grants::revoke(conn, &grant, now).await }))
        .await
        .unwrap();
    refresh(&server, &answer.refresh_token()).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn enabling_a_user_again_revives_nothing() {
    let server = Server::start().await;
    let token = login(&server).await;
    for disabled in [true, false] {
        let now = server.now();
        server
            .app
            .store
            .write(move |conn| {
                Box::pin(async move { users::set_disabled(conn, "johndoe", disabled, now).await })
            })
            .await
            .unwrap();
    }
    refresh(&server, &token).await.expect_error(400, "invalid_grant");
    login(&server).await;
}

#[tokio::test]
async fn a_refresh_without_a_scope_gives_what_client_and_user_still_hold() {
    let server = Server::start().await;
    let token = login(&server).await;
    server.set_scopes("me").await;
    let answer = refresh(&server, &token).await;
    assert_eq!(answer.body["scope"], "me");
    server.set_scopes("me items").await;
    let answer = refresh(&server, &answer.refresh_token()).await;
    assert_eq!(answer.body["scope"], "items me", "the refresh token kept its own scope");
    server.set_scopes("").await;
    refresh(&server, &answer.refresh_token()).await.expect_error(400, "invalid_grant");
}

#[tokio::test]
async fn db11_a_clock_that_steps_panics_nowhere_and_makes_nothing_that_outlives_its_life() {
    let hour = Duration::from_hours(1);
    let years = 3652 * DAY;
    let server = Server::start().await;
    let right = server.now();
    for (row, wrong, counts) in [
        ("an hour ahead", right.plus(hour), true),
        ("an hour back", right.minus(hour), true),
        ("a day ahead", right.plus(DAY), false),
        ("ten years ahead", right.plus(years), false),
        ("2038", Timestamp::from_seconds(1 << 31), false),
        ("the year 9999", Timestamp::from_seconds(253_402_300_799), false),
        ("ten years back", right.minus(years), true),
        ("the epoch", Timestamp::from_seconds(0), true),
    ] {
        let before = login(&server).await;
        server.set_clock(wrong);
        let during = refresh(&server, &login(&server).await).await;
        assert_eq!(during.status, 200, "DB11 {row}: {during:?}");
        assert_eq!(during.claims()["iat"], wrong.seconds(), "DB11 {row}");
        let early = refresh(&server, &before).await;
        assert!([200, 400].contains(&early.status), "DB11 {row}: {early:?}");
        server.set_clock(right);
        let of_before = if early.status == 200 { early.refresh_token() } else { before };
        let kept = refresh(&server, &of_before).await;
        assert_eq!(kept.status, 200, "DB11 {row}: the family of before lives: {kept:?}");
        // A clock that was ten years behind made what has died of old age since.
        let lives = counts && right.minus(90 * DAY) < wrong;
        let after = refresh(&server, &during.refresh_token()).await;
        assert_eq!(after.status == 200, lives, "DB11 {row}: {after:?}");
    }
}
