//! From one algorithm to another, as docs/keys.md says it.

use std::time::Duration;

use scopegate_core::algorithm::Algorithm;

use crate::place::{Place, header_of, made, signed_by};

const TTL: Duration = Duration::from_mins(30);

#[tokio::test]
async fn a_move_from_the_shared_key_to_key_pairs_refuses_no_token() {
    let place = Place::new();
    let before = place.start(&[]).await;
    let next = made(before.rotate(Algorithm::EdDsa).await);
    before.refresh().await;
    assert_eq!(before.published().await, [next.as_str()], "prepared, while HS256 signs");
    before.pass(Duration::from_hours(2)).await;
    assert_eq!(before.published().await, [next.as_str()], "and for as long as it takes");
    let shared = before.token().await;
    assert_eq!(header_of(&shared)["alg"], "HS256");

    let between = place.start(&[("SIGNING_ALG", "EdDSA"), ("VERIFY_ALGS", "EdDSA,HS256")]).await;
    let token = between.token().await;
    assert_eq!(signed_by(&token), next, "the key that resource servers know");
    assert!(between.is_active(&token).await && between.is_believed(&token).await);
    assert!(between.is_active(&shared).await, "for as long as it lives");
    between.pass(TTL).await;

    let after = place.start(&[("SIGNING_ALG", "EdDSA")]).await;
    std::fs::remove_file(after.shared_key_file()).unwrap();
    after.refresh().await;
    let token = after.token().await;
    assert!(after.is_active(&token).await && after.is_believed(&token).await);
    assert!(!after.shared_key_file().exists(), "nothing makes it again");
}

#[tokio::test]
async fn a_folder_can_be_flipped_at_once() {
    let place = Place::new();
    let shared = place.start(&[]).await.token().await;
    for algorithm in ["EdDSA", "ES256", "RS256", "HS256"] {
        let server = place.start(&[("SIGNING_ALG", algorithm)]).await;
        let token = server.token().await;
        assert_eq!(header_of(&token)["alg"], algorithm);
        assert!(server.is_active(&token).await, "{algorithm}");
        assert_eq!(server.is_active(&shared).await, algorithm == "HS256", "{algorithm}");
    }
}

#[tokio::test]
async fn a_key_that_has_to_sign_ahead_of_its_time_has_begun() {
    let place = Place::new();
    let first = made(place.start(&[]).await.rotate(Algorithm::EdDsa).await);
    let server = place.start(&[("SIGNING_ALG", "EdDSA")]).await;
    assert_eq!(signed_by(&server.token().await), first);
    made(server.rotate(Algorithm::EdDsa).await);
    server.refresh().await;
    assert_eq!(signed_by(&server.token().await), first, "publish before sign");
}

#[tokio::test]
async fn keys_of_the_old_algorithm_are_published_until_their_last_token_has_expired() {
    let place = Place::new();
    let token = place.start(&[("SIGNING_ALG", "EdDSA")]).await.token().await;
    for (after, verify_algs) in [("ES256", "ES256,EdDSA"), ("HS256", "HS256,EdDSA")] {
        let server = place.start(&[("SIGNING_ALG", after), ("VERIFY_ALGS", verify_algs)]).await;
        server.pass(Duration::from_secs(15 * 60 - 1)).await;
        assert!(server.is_active(&token).await && server.is_believed(&token).await, "{after}");
    }
    let server = place.start(&[]).await;
    server.pass(TTL + Duration::from_mins(5)).await;
    assert!(server.published().await.is_empty(), "EdDSA and ES256 have had their time");
    server.refresh().await;
    let files = place.path("one", "private/signing").read_dir().unwrap().count();
    assert_eq!(files, 0);
}

#[tokio::test]
async fn only_the_algorithms_of_the_setting_are_accepted() {
    let place = Place::new();
    let shared = place.start(&[]).await.token().await;
    let server = place.start(&[("SIGNING_ALG", "RS256")]).await;
    let pair = server.token().await;
    for (signing, verify, is_shared, is_pair) in [
        ("RS256", "RS256", false, true),
        ("RS256", "RS256,HS256", true, true),
        ("HS256", "HS256", true, false),
        ("HS256", "HS256,RS256", true, true),
    ] {
        let server = place.start(&[("SIGNING_ALG", signing), ("VERIFY_ALGS", verify)]).await;
        let found = (server.is_active(&shared).await, server.is_active(&pair).await);
        assert_eq!(found, (is_shared, is_pair), "{verify}");
        assert!(server.is_believed(&pair).await, "{verify}: published for others all the same");
    }
}

#[tokio::test]
async fn a_shared_key_is_made_where_it_is_accepted() {
    let place = Place::new();
    for (verify, is_made) in [("EdDSA", false), ("EdDSA,HS256", true)] {
        let server = place.start(&[("SIGNING_ALG", "EdDSA"), ("VERIFY_ALGS", verify)]).await;
        assert_eq!(server.shared_key_file().exists(), is_made, "{verify}");
    }
}
