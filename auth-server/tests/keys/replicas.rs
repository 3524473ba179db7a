//! Several servers on one store: one key for all, whose file the operator brings along.

use std::time::Duration;

use scopegate_core::algorithm::Algorithm;

use crate::place::{Place, made, signed_by};

const EDDSA: [(&str, &str); 1] = [("SIGNING_ALG", "EdDSA")];

#[tokio::test]
async fn servers_that_start_at_once_in_one_folder_end_with_one_key() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let place = Place::new();
        // The store and its server key are there: what is new is the algorithm.
        place.start(&[]).await;
        let settings = [("SIGNING_ALG", algorithm)];
        let (a, b, c) =
            tokio::join!(place.start(&settings), place.start(&settings), place.start(&settings));
        let token = a.token().await;
        for server in [&b, &c] {
            assert_eq!(server.published().await, [signed_by(&token)], "{algorithm}");
            assert_eq!(signed_by(&server.token().await), signed_by(&token), "{algorithm}");
            assert!(server.is_active(&token).await, "{algorithm}");
        }
        let files = place.path("one", "private/signing").read_dir().unwrap().count();
        assert_eq!(files, 1, "{algorithm}: a key that nobody uses lies there");
    }
}

#[tokio::test]
async fn a_machine_without_the_private_key_is_told_which_file_it_needs() {
    let place = Place::new();
    let one = place.start(&EDDSA).await;
    let kid = signed_by(&one.token().await);
    let error = place.start_on("two", &EDDSA).await.err().unwrap().to_string();
    let file = place.path("two", &format!("private/signing/{kid}.pem"));
    let expected = format!("{}: the private key is not here; copy the file", file.display());
    assert!(error.starts_with(&expected) && error.lines().count() == 1, "{error}");
    place.copy_key(&kid, "one", "two");
    let two = place.start_on("two", &EDDSA).await.unwrap();
    assert!(one.is_active(&two.token().await).await);
}

#[tokio::test]
async fn a_machine_that_lacks_the_new_key_goes_on_with_the_old_one() {
    let place = Place::new();
    let one = place.start(&EDDSA).await;
    let old = signed_by(&one.token().await);
    place.copy_key(&old, "one", "two");
    let two = place.start_on("two", &EDDSA).await.unwrap();
    let new = made(one.rotate(Algorithm::EdDsa).await);
    // Both look every second; here they take turns.
    for _ in 0..60 {
        one.pass(Duration::from_secs(30)).await;
        two.pass(Duration::from_secs(30)).await;
    }
    let token = two.token().await;
    assert_eq!(signed_by(&one.token().await), new);
    assert_eq!(signed_by(&token), old, "long after the new key has begun");
    for server in [&one, &two] {
        assert!(server.is_active(&token).await && server.is_believed(&token).await);
    }
    place.copy_key(&new, "one", "two");
    two.refresh().await;
    assert_eq!(signed_by(&two.token().await), new, "without a restart");
}

#[tokio::test]
async fn a_file_that_cannot_be_deleted_keeps_no_key_in_force() {
    let place = Place::new();
    let one = place.start(&EDDSA).await;
    let leaked = one.token().await;
    let old = signed_by(&leaked);
    place.copy_key(&old, "one", "two");
    let two = place.start_on("two", &EDDSA).await.unwrap();
    let stuck = two.key_file(&old);
    std::fs::remove_file(&stuck).unwrap();
    std::fs::create_dir_all(stuck.join("not empty")).unwrap();
    one.retire(&old, true).await;
    one.refresh().await;
    let new = signed_by(&one.token().await);
    place.copy_key(&new, "one", "two");
    two.refresh().await;
    assert_eq!(two.published().await, [new.as_str()], "KR04");
    assert!(!two.is_active(&leaked).await, "KR04");
    assert_eq!(signed_by(&two.token().await), new);
    let next = made(one.rotate(Algorithm::EdDsa).await);
    two.refresh().await;
    assert_eq!(two.published().await, [new, next], "later changes arrive, too");
    assert!(place.start_on("two", &EDDSA).await.is_ok(), "nor does it stop a start");
}

#[tokio::test]
async fn a_machine_without_any_key_issues_nothing_and_says_so() {
    let place = Place::new();
    let one = place.start(&EDDSA).await;
    let old = signed_by(&one.token().await);
    place.copy_key(&old, "one", "two");
    let two = place.start_on("two", &EDDSA).await.unwrap();
    one.retire(&old, true).await;
    two.refresh().await;
    let answer = two.post("/token", "grant_type=client_credentials").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert_eq!(two.get("/health/ready", None).await.status, 503);
    assert!(!two.key_file(&old).exists(), "KR04 each machine deletes its copy");
    one.refresh().await;
    let new = signed_by(&one.token().await);
    assert_eq!(two.published().await, [new.as_str()]);
    place.copy_key(&new, "one", "two");
    two.refresh().await;
    assert_eq!(signed_by(&two.token().await), new);
    assert_eq!(two.get("/health/ready", None).await.status, 200);
}

#[tokio::test]
async fn a_database_that_is_away_leaves_the_keys_in_force() {
    let place = Place::new();
    let server = place.start(&EDDSA).await;
    let token = server.token().await;
    server.app.store.close().await;
    server.refresh().await;
    assert_eq!(server.published().await, [signed_by(&token)]);
    assert!(server.is_believed(&token).await);
}
