//! What is fetched, when, and what is taken of it.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::advance};

use super::*;

#[tokio::test(start_paused = true)]
async fn tokens_are_not_judged_before_the_first_answer() {
    let key = new_key();
    let permits = Arc::new(Semaphore::new(0));
    let Reply::Bytes(bytes) = key_set(&[&key]) else { unreachable!() };
    let world = World::new(Reply::Held(Arc::clone(&permits), bytes)).await;
    world.stub.was_asked(1).await;
    assert!(!world.keys.is_ready());
    assert_eq!(world.keys.states()[0].keys, None);
    assert_eq!(world.refusal(&token(&key)).await, Some(VerifyError::NoKeys));
    permits.add_permits(1);
    world.keys.ready().await;
    assert_eq!(world.refusal(&token(&key)).await, None);
    let state = world.keys.states().remove(0);
    assert_eq!(state.name, format!("the keys of {}", world.stub.url(PATH)));
    assert_eq!((state.keys, state.error), (Some(1), None));
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_again_ahead_of_their_expiry_and_a_retired_one_is_refused_then() {
    // KR01, KR04
    let [old, new] = [new_key(), new_key()];
    let world = World::new(key_set_for("cache-control: public, max-age=100\r\n", &[&old])).await;
    world.keys.ready().await;
    world.reply(key_set(&[&new]));
    advance(Duration::from_millis(74_900)).await;
    assert_eq!(world.refusal(&token(&old)).await, None);
    assert_eq!(
        (world.asked(), world.keys.states()[0].age),
        (1, Some(Duration::from_millis(74_900)))
    );
    advance(Duration::from_millis(200)).await;
    until("the fetch", || world.keys.states()[0].age == Some(Duration::ZERO)).await;
    assert_eq!(world.refusal(&token(&new)).await, None);
    assert_eq!(world.asked(), 2, "the new key came without being asked for");
    assert_eq!(world.refusal(&token(&old)).await, UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_in_force_when_it_returns() {
    let [old, new] = [new_key(), new_key()];
    let world = World::loaded(&[&old]).await;
    world.reply(key_set(&[&new, &old]));
    world.keys.reload().await;
    assert_eq!(world.asked(), 2);
    for key in [&old, &new] {
        assert_eq!(world.refusal(&token(key)).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_does_not_count_a_fetch_that_was_under_way() {
    let [old, new] = [new_key(), new_key()];
    let permits = Arc::new(Semaphore::new(0));
    let Reply::Bytes(bytes) = key_set(&[&old]) else { unreachable!() };
    let world = World::new(Reply::Held(Arc::clone(&permits), bytes)).await;
    world.stub.was_asked(1).await;
    world.reply(key_set(&[&new]));
    let keys = world.keys.clone();
    let reload = tokio::spawn(async move { keys.reload().await });
    tokio::task::yield_now().await;
    permits.add_permits(1);
    reload.await.unwrap();
    assert_eq!((world.asked(), world.refusal(&token(&new)).await), (2, None));
}

#[tokio::test(start_paused = true)]
async fn an_empty_set_is_taken() {
    let key = new_key();
    let world = World::loaded(&[&key]).await;
    world.reply(key_set(&[]));
    world.keys.reload().await;
    assert_eq!((world.keys.is_ready(), world.keys.states()[0].keys), (true, Some(0)));
    assert_eq!(world.refusal(&token(&key)).await, UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn only_public_keys_for_the_accepted_algorithms_are_used() {
    let keys = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256].map(key_for);
    let [ed, es, rs] = &keys;
    for (accepted, expected) in [
        (&[Algorithm::EdDsa][..], [None, UNKNOWN, UNKNOWN]),
        (&[Algorithm::Es256, Algorithm::Rs256], [UNKNOWN, None, None]),
    ] {
        let with = |keys: RemoteKeys| keys.algorithms(accepted.iter().copied());
        let world = World::with(key_set(&[ed, es, rs]), with).await;
        world.keys.ready().await;
        assert_eq!(world.keys.states()[0].keys, Some(accepted.len()));
        for (key, expected) in keys.iter().zip(expected) {
            assert_eq!(world.refusal(&token(key)).await, expected, "{accepted:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_used_do_not_spoil_the_set() {
    let key = new_key();
    let mut private = serde_json::to_value(new_key().public()).unwrap();
    private["d"] = json!("AAAA");
    let mut encrypts = serde_json::to_value(new_key().public()).unwrap();
    encrypts["use"] = json!("enc");
    let short = json!({"kty": "RSA", "n": "A".repeat(171), "e": "AQAB", "kid": "short"});
    let secret = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "secret"});
    let set = json!({"keys": [private, encrypts, short, secret, 7, key.public()]});
    let world = World::new(good("", &set.to_string())).await;
    world.keys.ready().await;
    assert_eq!(world.keys.states()[0].keys, Some(1));
    assert_eq!(world.refusal(&token(&key)).await, None);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_keys_that_nobody_holds() {
    let World { stub, keys, verifier, _still } = World::loaded(&[&new_key()]).await;
    drop(keys);
    advance(Duration::from_mins(4)).await;
    stub.was_asked(2).await;
    drop(verifier);
    advance(Duration::from_hours(2)).await;
    // A fetch that is due would reach the stub before this one does.
    let other = Keys::jwks(stub.url(PATH)).build().unwrap();
    other.ready().await;
    assert_eq!(stub.asked().len(), 3);
}
