//! The password grant: one name, many guesses.

use futures_util::future::join_all;

use crate::guesser::{Guesser, Server};

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.1";

async fn fail(guesser: &Guesser<'_>, times: usize) {
    for _ in 0..times {
        assert_eq!(guesser.password("johndoe", "wrong").await.status, 400);
    }
}

#[tokio::test]
async fn en03_of_a_hundred_guesses_five_are_looked_at_and_the_rest_have_to_wait() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    fail(&guesser, 5).await;
    for _ in 0..95 {
        guesser.password("johndoe", "wrong").await.expect_wait(1);
    }
    guesser.password("johndoe", "secret").await.expect_wait(1);
    server.advance(1);
    fail(&guesser, 1).await;
    guesser.password("johndoe", "wrong").await.expect_wait(2);
}

#[tokio::test]
async fn en03_guesses_at_once_gain_nothing_over_one_after_the_other() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    let answers = join_all((0..32).map(|_| guesser.password("johndoe", "wrong"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 5);
    assert_eq!(answers.iter().filter(|answer| answer.wait() == 1).count(), 27);
    server.advance(1);
    let answers = join_all((0..32).map(|_| guesser.password("johndoe", "wrong"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 1);
}

#[tokio::test]
async fn right_passwords_at_once_are_all_heard() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    fail(&guesser, 4).await;
    let answers = join_all((0..32).map(|_| guesser.password("johndoe", "secret"))).await;
    let heard: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(heard, [200; 32]);
}

#[tokio::test]
async fn waits_double_up_to_a_quarter_of_an_hour() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    fail(&guesser, 5).await;
    let (mut tried, mut waits, mut passed) = (5, Vec::new(), 0);
    while passed < 24 * 3600 {
        let wait = guesser.password("johndoe", "wrong").await.wait();
        waits.push(wait);
        passed += wait;
        server.advance(wait);
        fail(&guesser, 1).await;
        tried += 1;
    }
    assert_eq!(waits[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    assert_eq!(waits.iter().max(), Some(&900));
    assert_eq!(waits.last(), Some(&900));
    assert_eq!(tried, 111, "so many guesses has a whole day, as docs/guessing.md says");
}

#[tokio::test]
async fn a_day_without_guesses_is_a_new_beginning() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    fail(&guesser, 5).await;
    server.advance(15 * 60);
    fail(&guesser, 1).await;
    guesser.password("johndoe", "wrong").await.expect_wait(1);
    server.advance(24 * 3600);
    fail(&guesser, 5).await;
    guesser.password("johndoe", "wrong").await.expect_wait(1);
}

#[tokio::test]
async fn the_right_password_gets_in_after_the_stated_wait_and_ends_the_count() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    fail(&guesser, 5).await;
    let wait = guesser.password("johndoe", "secret").await.wait();
    server.advance(wait);
    assert_eq!(guesser.password("johndoe", "secret").await.status, 200);
    fail(&guesser, 5).await;
    guesser.password("johndoe", "wrong").await.expect_wait(1);
}

#[tokio::test]
async fn logins_that_succeed_never_wait() {
    let server = Server::start().await;
    let guesser = server.at(HERE);
    for _ in 0..150 {
        assert_eq!(guesser.password("johndoe", "secret").await.status, 200);
    }
}

#[tokio::test]
async fn wrong_unknown_and_disabled_are_the_same_in_answers_and_waits() {
    let server = Server::start().await;
    let mut told = Vec::new();
    for (address, username, password) in [
        ("192.0.2.1", "johndoe", "wrong"),
        ("192.0.2.2", "nobody", "secret"),
        ("192.0.2.3", "alice", "secret"),
        ("192.0.2.4", "alice", "wrong"),
    ] {
        let guesser = server.at(address);
        let mut answers = Vec::new();
        for _ in 0..20 {
            let answer = guesser.password(username, password).await;
            server.advance(answer.wait() / 2);
            answers.push(answer);
        }
        told.push(answers);
        server.advance(24 * 3600);
    }
    for (other, row) in told[1..].iter().zip(["unknown", "disabled", "disabled, wrong"]) {
        assert_eq!(*other, told[0], "EN01 {row}");
    }
}

#[tokio::test]
async fn whoever_keeps_guessing_at_one_address_keeps_nobody_out_who_comes_from_another() {
    let server = Server::start().await;
    let attacker = server.at(HERE);
    for _ in 0..60 {
        let wait = attacker.password("johndoe", "wrong").await.wait();
        server.advance(wait.saturating_sub(1));
        if wait > 60 {
            let owner = server.at(THERE);
            assert_eq!(owner.password("johndoe", "secret").await.status, 200);
            return;
        }
        server.advance(wait.min(1));
    }
    panic!("nobody had to wait");
}

#[tokio::test]
async fn many_addresses_together_have_ten_guesses_at_a_name() {
    let server = Server::start().await;
    for n in 0..10 {
        fail(&server.at(&format!("192.0.2.{n}")), 1).await;
    }
    server.at("192.0.2.99").password("johndoe", "wrong").await.expect_wait(1);
    let other = server.at("192.0.2.99").password("alice", "wrong").await;
    assert_eq!(other.status, 400, "another name does not wait");
}

#[tokio::test]
async fn a_name_tried_from_everywhere_waits_no_longer_than_a_minute() {
    const DAY: u64 = 24 * 3600;
    let server = Server::start().await;
    let (mut tried, mut passed, mut waits) = (0_u32, 0, Vec::new());
    while passed < DAY {
        let stranger = server.at(&format!("10.0.{}.{}", tried >> 8, tried & 0xff));
        let answer = stranger.password("johndoe", "wrong").await;
        if answer.status == 429 {
            waits.push(answer.wait());
            passed += answer.wait();
            server.advance(answer.wait());
        } else {
            tried += 1;
        }
    }
    assert_eq!(waits[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(waits.iter().max(), Some(&60));
    assert_eq!(tried, 1454, "so many guesses has a whole day, as docs/guessing.md says");
    assert_eq!(server.at(THERE).password("johndoe", "secret").await.status, 200, "the owner");
}

#[tokio::test]
async fn where_limits_are_off_nobody_waits() {
    let server = Server::with(&[("SCOPEGATE_GUESS_LIMITS", "off")]).await;
    fail(&server.at(HERE), 120).await;
}
