//! JW32: a server in trouble. Keys that are there go on; none are never taken for all.

use std::time::Duration;

use tokio::time::advance;

use super::*;

/// Answers that hold no key set, each with what is said about it.
fn bad(elsewhere: &Stub) -> Vec<(&'static str, Reply, &'static str)> {
    let moved = format!("location: {}\r\n", elsewhere.url(PATH));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let endless =
        format!("{chunked}{}", format!("10000\r\n{}\r\n", "x".repeat(65_536)).repeat(160));
    let empty_set = answer("500 Internal Server Error", "", r#"{"keys":[]}"#);
    vec![
        ("down", Reply::Bytes(vec![]), "connection closed"),
        ("no HTTP", Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "invalid HTTP"),
        ("500", Reply::Bytes(empty_set), "answered 500"),
        ("404", Reply::Bytes(answer("404 Not Found", "", "")), "answered 404"),
        ("204", Reply::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()), "answered 204"),
        ("redirect", Reply::Bytes(answer("302 Found", &moved, "")), "answered 302"),
        ("empty", good("", ""), "not a JSON Web Key Set"),
        ("garbage", good("", "<!doctype html>"), "not a JSON Web Key Set"),
        ("half a set", good("", r#"{"keys":["#), "not a JSON Web Key Set"),
        ("no keys", good("", "{}"), "not a JSON Web Key Set"),
        ("a key alone", good("", r#"{"kty":"OKP"}"#), "not a JSON Web Key Set"),
        ("10 MiB", good("", &"x".repeat(10 << 20)), "more than 256 KiB"),
        ("10 MiB in chunks", Reply::Bytes(endless.into_bytes()), "more than 256 KiB"),
        (
            "cut short",
            Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            "body",
        ),
        ("silent", Reply::Stall(vec![]), "no answer within 5s"),
        ("a slow body", Reply::Stall(chunked.as_bytes().to_vec()), "no answer within 5s"),
    ]
}

#[tokio::test(start_paused = true)]
async fn keys_stay_in_force_whatever_the_server_answers() {
    let key = new_key();
    let elsewhere = Stub::start().await;
    elsewhere.reply(PATH, key_set(&[]));
    for (name, reply, expected) in bad(&elsewhere) {
        let world = World::loaded(&[&key]).await;
        let stalls = matches!(reply, Reply::Stall(_));
        world.reply(reply);
        let keys = world.keys.clone();
        let reload = tokio::spawn(async move { keys.reload().await });
        world.stub.was_asked(2).await;
        if stalls {
            advance(Duration::from_secs(5)).await;
        }
        reload.await.unwrap();
        let error = world.error().unwrap_or_default();
        assert!(error.contains(expected), "{name}: {error}");
        assert_eq!((world.keys.is_ready(), world.keys.states()[0].keys), (true, Some(1)), "{name}");
        assert_eq!(world.refusal(&token(&key)).await, None, "{name}");
        let by_other = world.verifier.clone();
        let unknown = tokio::spawn(async move { by_other.verify(&token(&new_key())).await.err() });
        world.stub.was_asked(3).await;
        if stalls {
            advance(Duration::from_secs(5)).await;
        }
        assert_eq!(unknown.await.unwrap(), UNKNOWN, "{name}");
    }
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn without_a_first_answer_every_token_is_put_off() {
    let elsewhere = Stub::start().await;
    elsewhere.reply(PATH, key_set(&[]));
    for (name, reply, expected) in bad(&elsewhere) {
        let stalls = matches!(reply, Reply::Stall(_));
        let world = World::new(reply).await;
        world.stub.was_asked(1).await;
        if stalls {
            advance(Duration::from_secs(5)).await;
        }
        until(name, || world.error().is_some_and(|error| error.contains(expected))).await;
        assert!(!world.keys.is_ready(), "{name}");
        assert_eq!(world.refusal(&token(&new_key())).await, Some(VerifyError::NoKeys), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_asked_with_growing_pauses_until_it_answers() {
    let key = new_key();
    for (name, before, pauses) in [
        ("keys are there", 1, [1, 2, 4, 8, 16, 32, 60, 60]),
        ("no keys yet", 0, [1, 2, 4, 5, 5, 5, 5, 5]),
    ] {
        let world = if before == 0 {
            World::new(failing(500)).await
        } else {
            let world = World::loaded(&[&key]).await;
            world.reply(failing(500));
            world.keys.reload().await;
            world
        };
        for (attempt, pause) in (1_u16..).zip(pauses) {
            failed(&world, 499 + attempt).await;
            world.reply(failing(500 + attempt));
            advance(Duration::from_millis(pause * 1000 - 10)).await;
            tokio::task::yield_now().await;
            assert_eq!(world.asked(), before + usize::from(attempt), "{name}");
            advance(Duration::from_millis(20)).await;
            world.stub.was_asked(before + usize::from(attempt) + 1).await;
        }
        failed(&world, 508).await;
        world.reply(key_set(&[&key]));
        advance(Duration::from_secs(61)).await;
        until(name, || world.error().is_none()).await;
        assert_eq!(world.refusal(&token(&key)).await, None, "{name}");
    }
}

fn failing(status: u16) -> Reply {
    Reply::Bytes(answer(&format!("{status} Trouble"), "", ""))
}

/// Waits until the last attempt has failed with this status, and the pause has begun.
async fn failed(world: &World, status: u16) {
    let said = format!("answered {status}");
    until(&said, || world.error().is_some_and(|error| error.starts_with(&said))).await;
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn keys_outlive_a_server_that_stays_away() {
    let key = new_key();
    let world = World::loaded(&[&key]).await;
    world.reply(Reply::Bytes(vec![]));
    world.keys.reload().await;
    advance(Duration::from_hours(240)).await;
    assert_eq!(world.refusal(&token(&key)).await, None);
    assert!(world.keys.states()[0].age >= Some(Duration::from_hours(240)));
}
