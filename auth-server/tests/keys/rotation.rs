//! KR01, KR04: one key follows another, and no token is refused that should not be.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use auth_server::keys::rotation::{Retirement, Rotation};
use scopegate_core::algorithm::Algorithm;

use crate::place::{Place, header_of, made, signed_by};

/// What a token lives, and what old keys are kept beyond it at most: the servers' notes reach two
/// minutes ahead, and the margin is one.
const TTL: Duration = Duration::from_mins(30);
const KEPT: Duration = Duration::from_mins(33);
const LEAD: Duration = Duration::from_mins(10);

const PAIRS: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256];

#[tokio::test]
async fn a_token_is_signed_by_a_key_that_is_published_and_introspection_knows_it() {
    for algorithm in Algorithm::ALL {
        let place = Place::new();
        let server = place.start(&[("SIGNING_ALG", algorithm.as_str())]).await;
        let token = server.token().await;
        assert_eq!(header_of(&token)["alg"], algorithm.as_str());
        assert!(server.is_active(&token).await, "{algorithm}");
        assert_eq!(server.is_believed(&token).await, algorithm.is_asymmetric(), "{algorithm}");
        let published = server.published().await;
        if algorithm.is_asymmetric() {
            assert_eq!(published, [signed_by(&token)], "{algorithm}");
            let mode = server.key_file(&published[0]).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{algorithm}");
            assert!(!server.shared_key_file().exists(), "{algorithm}: nobody needs it");
        } else {
            assert!(published.is_empty(), "{algorithm}");
        }
    }
}

#[tokio::test]
async fn kr01_a_new_key_is_published_before_it_signs_and_an_old_one_until_its_tokens_are_dead() {
    for algorithm in PAIRS {
        let place = Place::new();
        let server = place.start(&[("SIGNING_ALG", algorithm.as_str())]).await;
        let old = signed_by(&server.token().await);
        let new = made(server.rotate(algorithm).await);
        assert_eq!(server.published().await, [old.as_str()], "not noticed yet");
        server.refresh().await;
        let both = [old.as_str(), new.as_str()];
        assert_eq!(server.published().await, both, "KR01 {algorithm}");
        server.pass(Duration::from_secs(10 * 60 - 1)).await;
        let last = server.token().await;
        assert_eq!(signed_by(&last), old, "KR01 {algorithm}: published, and does not sign");
        place.clock.advance(Duration::from_secs(1));
        let first = server.token().await;
        assert_eq!(signed_by(&first), new, "KR01 {algorithm}: no refresh is needed");
        server.pass(Duration::from_secs(30 * 60 - 2)).await;
        for token in [&last, &first] {
            assert!(server.is_active(token).await, "KR01 {algorithm}: until it expires");
            assert!(server.is_believed(token).await, "KR01 {algorithm}: until it expires");
        }
        assert!(server.key_file(&old).exists());
        server.pass(KEPT).await;
        assert_eq!(server.published().await, [new.as_str()], "KR01 {algorithm}: not for ever");
        server.refresh().await;
        assert!(!server.key_file(&old).exists(), "KR01 {algorithm}");
        assert!(server.key_file(&new).exists());
    }
}

#[tokio::test]
async fn kr01_no_token_is_refused_however_often_keys_rotate() {
    let place = Place::new();
    let server = place.start(&[("SIGNING_ALG", "EdDSA"), ("SIGNING_KEY_LEAD", "2m")]).await;
    let mut tokens = Vec::new();
    let mut kids = std::collections::BTreeSet::new();
    for minute in 0..90 {
        if minute % 3 == 0 {
            server.rotate(Algorithm::EdDsa).await;
        }
        let token = server.token().await;
        kids.insert(signed_by(&token));
        tokens.push(token);
        server.pass(Duration::from_mins(1)).await;
        if minute % 5 > 0 {
            continue;
        }
        for token in tokens.iter().rev().take(29) {
            assert!(server.is_active(token).await, "KR01 minute {minute}");
            assert!(server.is_believed(token).await, "KR01 minute {minute}");
        }
    }
    assert!(kids.len() > 20, "{}", kids.len());
    assert!(server.published().await.len() < 16, "old keys go");
}

#[tokio::test]
async fn one_key_waits_at_a_time() {
    let place = Place::new();
    let server = place.start(&[("SIGNING_ALG", "ES256")]).await;
    let next = made(server.rotate(Algorithm::Es256).await);
    assert_eq!(server.rotate(Algorithm::Es256).await, Rotation::Waiting(next.clone()));
    assert!(matches!(server.rotate(Algorithm::EdDsa).await, Rotation::Made(_)), "another's");
    let files = server.key_file(&next).parent().unwrap().read_dir().unwrap().count();
    assert_eq!(files, 3, "the key that was not wanted left no file");
    server.pass(LEAD).await;
    assert!(matches!(server.rotate(Algorithm::Es256).await, Rotation::Made(_)));
}

#[tokio::test]
async fn a_key_that_a_token_needs_is_not_retired_unless_at_once() {
    let place = Place::new();
    let server = place.start(&[("SIGNING_ALG", "EdDSA")]).await;
    let old = signed_by(&server.token().await);
    assert_eq!(server.retire(&old, false).await, Retirement::Signs);
    let next = made(server.rotate(Algorithm::EdDsa).await);
    server.pass(LEAD).await;
    let Retirement::Needed { until } = server.retire(&old, false).await else { panic!() };
    assert!(until > server.now().plus(TTL) && until <= server.now().plus(KEPT), "{until:?}");
    assert_eq!(server.retire("nothing", true).await, Retirement::Unknown);
    let third = made(server.rotate(Algorithm::EdDsa).await);
    let done = Retirement::Done { successor: None };
    assert_eq!(server.retire(&third, false).await, done, "one that never signed goes");
    assert_eq!(server.retire(&third, false).await, Retirement::Before { since: server.now() });
    assert_eq!(server.retire(&old, true).await, done, "KR04 compromised");
    server.refresh().await;
    assert_eq!(server.published().await, [next]);
}

#[tokio::test]
async fn kr04_a_compromised_key_is_out_at_once_and_another_signs() {
    for (algorithm, has_next) in PAIRS.into_iter().flat_map(|alg| [(alg, false), (alg, true)]) {
        let place = Place::new();
        let server = place.start(&[("SIGNING_ALG", algorithm.as_str())]).await;
        let stolen = server.token().await;
        let next = if has_next { Some(made(server.rotate(algorithm).await)) } else { None };
        let Retirement::Done { successor } = server.retire(&signed_by(&stolen), true).await else {
            panic!("{algorithm}");
        };
        assert!(next.is_none() || next == successor, "KR04 the key that is published already");
        server.refresh().await;
        assert!(!server.is_active(&stolen).await, "KR04 {algorithm}");
        assert!(!server.is_believed(&stolen).await, "KR04 {algorithm}");
        assert!(!server.key_file(&signed_by(&stolen)).exists(), "KR04 {algorithm}");
        let token = server.token().await;
        assert_eq!(Some(signed_by(&token)), successor, "KR04 {algorithm}");
        assert!(server.is_active(&token).await && server.is_believed(&token).await);
        assert_eq!(server.published().await.len(), 1, "KR04 {algorithm}");
    }
}

#[tokio::test]
async fn a_shorter_lifetime_cuts_no_token_that_was_issued() {
    let place = Place::new();
    let long = [("SIGNING_ALG", "EdDSA"), ("ACCESS_TOKEN_TTL", "2h")];
    let token = place.start(&long).await.token().await;
    let server = place.start(&[("SIGNING_ALG", "EdDSA"), ("ACCESS_TOKEN_TTL", "1m")]).await;
    server.rotate(Algorithm::EdDsa).await;
    server.pass(Duration::from_secs(2 * 3600 - 1)).await;
    assert!(server.is_active(&token).await && server.is_believed(&token).await);
    server.pass(Duration::from_mins(5)).await;
    assert_eq!(server.published().await.len(), 1);
}
