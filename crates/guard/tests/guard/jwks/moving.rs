//! Several sources at once, for the time in which an issuer moves from HS256 to `EdDSA`.

use std::fs;

use axum::routing::get as on_get;
use scopegate_guard::{Access, Routes, SharedKeys};

use super::*;
use crate::harness::{get, send, tokens as world};

const SHARED: &str = "0123456789abcdef0123456789abcdef";

fn shared_token(key: &str) -> String {
    let keys = SharedKeys::parse(key.as_bytes()).unwrap();
    Minter::hs256(keys.signing()).mint(&claims()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_one_source_knows_is_verified_while_another_is_waited_for() {
    const NO_KEYS: Option<VerifyError> = Some(VerifyError::NoKeys);
    let _still = Still::new();
    let (stub, key, folder) = (Stub::start().await, new_key(), tempfile::tempdir().unwrap());
    let path = folder.path().join("shared.key");
    let remote = Keys::jwks(stub.url(PATH)).algorithms([Algorithm::EdDsa]).build().unwrap();
    let keys = Keys::any([Keys::file(&path), remote]);
    let tokens = [
        shared_token(SHARED),
        shared_token("another key, that is in no file at all"),
        token(&key),
        token(&new_key()),
        token(&key_for(Algorithm::Es256)),
    ];
    let verifier = verifier(&keys);
    let routes = Routes::new().route("/status/", Access::any_token(), on_get(async || "ok"));
    let app = world().0.guard().keys(keys.clone()).build().unwrap().protect(routes);
    let without_token = async || send(&app, get("/status/")).await.status.as_u16();
    let refusals = async || {
        let mut refusals = Vec::new();
        for token in &tokens {
            refusals.push(verifier.verify(token).await.err());
        }
        refusals
    };
    assert_eq!(refusals().await, [NO_KEYS, NO_KEYS, NO_KEYS, NO_KEYS, UNKNOWN], "nothing yet");
    assert_eq!(without_token().await, 503, "nobody could be let in");
    stub.was_asked(1).await;

    fs::write(&path, SHARED).unwrap();
    keys.reload().await;
    assert_eq!(refusals().await, [None, UNKNOWN, NO_KEYS, NO_KEYS, UNKNOWN], "the file");
    assert_eq!(without_token().await, 401, "a token of the file would do");
    assert!(!keys.is_ready());

    stub.reply(PATH, key_set(&[&key]));
    keys.reload().await;
    keys.ready().await;
    assert_eq!(refusals().await, [None, UNKNOWN, None, UNKNOWN, UNKNOWN], "both");
    assert!(keys.is_ready());
}
