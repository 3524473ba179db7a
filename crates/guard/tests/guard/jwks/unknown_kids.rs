//! JW08, JW09, JW11: what tokens that name unknown keys, or places of keys, can make the guard do.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, crypto::sign};
use tokio::{sync::Semaphore, task::JoinSet, time::advance};

use super::*;

/// A token with this in its header, signed by a key of the attacker's.
fn forged(name: &str, value: impl Into<Value>) -> String {
    let (key, pem) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let mut header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key.kid()});
    header[name] = value.into();
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
    let key = EncodingKey::from_ed_pem(pem.as_bytes()).unwrap();
    let signature = sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

/// A token of the attacker's that leaves open which key signed it.
fn without_kid() -> String {
    let token = forged("kid", "mine");
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"EdDSA"}"#))
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_unknown_kids_lead_to_one_fetch_a_minute() {
    let key = new_key();
    let world = World::loaded(&[&key]).await;
    let permits = Arc::new(Semaphore::new(0));
    let Reply::Bytes(bytes) = key_set(&[&key]) else { unreachable!() };
    world.reply(Reply::Held(Arc::clone(&permits), bytes));
    let token = forged("kid", "mine");
    let (_, rest) = token.split_once('.').unwrap();
    let mut waiting = JoinSet::new();
    for number in 0..10_000 {
        let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{number}"}}"#);
        let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        let verifier = world.verifier.clone();
        waiting.spawn(async move { verifier.verify(&token).await.err() });
    }
    world.stub.was_asked(2).await;
    permits.add_permits(100);
    while let Some(refused) = waiting.join_next().await {
        assert_eq!(refused.unwrap(), UNKNOWN);
    }
    assert_eq!(world.asked(), 2);
    advance(Duration::from_secs(59)).await;
    assert_eq!(world.refusal(&token).await, UNKNOWN);
    assert_eq!((world.asked(), world.refusal(&super::token(&key)).await), (2, None));
    advance(Duration::from_secs(2)).await;
    assert_eq!(world.refusal(&token).await, UNKNOWN);
    assert_eq!(world.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_by_the_first_tokens_that_it_signed() {
    let [old, new] = [new_key(), new_key()];
    let world = World::loaded(&[&old]).await;
    world.reply(key_set(&[&new, &old]));
    let mut waiting = JoinSet::new();
    for _ in 0..100 {
        let (verifier, token) = (world.verifier.clone(), token(&new));
        waiting.spawn(async move { verifier.verify(&token).await.err() });
    }
    while let Some(refused) = waiting.join_next().await {
        assert_eq!(refused.unwrap(), None);
    }
    assert_eq!(world.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_what_no_fetch_can_help() {
    let world = World::loaded(&[&new_key()]).await;
    let url = world.stub.url("/evil");
    for (name, token, expected) in [
        ("no kid", without_kid(), TokenError::Signature),
        ("an algorithm that is not served", forged("alg", "HS256"), TokenError::UnknownKey),
        ("JW02: no algorithm", forged("alg", "none"), TokenError::UnknownKey),
        ("JW08: a kid of 20 KB", forged("kid", "k".repeat(20_000)), TokenError::Malformed),
        ("JW08: a number", forged("kid", 1), TokenError::Header),
        ("JW08: null", forged("kid", Value::Null), TokenError::Header),
        ("another type", forged("typ", "JWT"), TokenError::Type),
        ("no token", "a.b.c".to_owned(), TokenError::Malformed),
    ] {
        let refused = world.refusal(&token).await;
        assert_eq!(refused, Some(VerifyError::Token(expected)), "{name}");
        assert_eq!(world.asked(), 1, "{name}");
    }
    for (name, token) in [
        ("JW11: jku", forged("jku", url.as_str())),
        ("JW11: x5u", forged("x5u", url.as_str())),
        ("JW11: jwk", forged("jwk", serde_json::to_value(new_key().public()).unwrap())),
        ("JW08: a URL", forged("kid", url.as_str())),
        ("JW08: a path", forged("kid", "../../../../dev/null")),
        ("JW08: SQL", forged("kid", "' UNION SELECT 'k")),
    ] {
        assert_eq!(world.refusal(&token).await, UNKNOWN, "{name}");
    }
    // One fetch for the unknown keys, of the set and of nothing else.
    assert_eq!(world.stub.asked(), [PATH, PATH]);
}

#[tokio::test(start_paused = true)]
async fn the_interval_between_fetches_for_unknown_keys_can_be_chosen() {
    let key = new_key();
    let with = |keys: RemoteKeys| keys.least_interval(Duration::from_secs(10));
    let world = World::with(key_set(&[&key]), with).await;
    world.keys.ready().await;
    for (step, asked) in [(0, 2), (9, 2), (2, 3)] {
        advance(Duration::from_secs(step)).await;
        assert_eq!(world.refusal(&token(&new_key())).await, UNKNOWN);
        assert_eq!(world.asked(), asked, "after {step} s more");
    }
}
