//! Keys over the network: a server that answers well, badly and not at all, and a clock that moves
//! when the test says so.

mod confusion;
mod discovery;
mod fetching;
mod moving;
mod stub;
mod trouble;
mod unknown_kids;

use std::{sync::mpsc, time::Duration};

use scopegate_core::{mint::Minter, signing_key::SigningKey};
use scopegate_guard::{Algorithm, JwkSet, Keys, RemoteKeys, TokenError, Verifier, VerifyError};
use serde_json::{Value, json};

use self::stub::{Reply, Stub, answer};
use crate::harness::{ISSUER, RESOURCE, tokens};

const PATH: &str = "/jwks.json";

/// A server of keys and a verifier that fetches from it. Time stands still but for
/// [`advance`](tokio::time::advance).
struct World {
    stub: Stub,
    keys: Keys,
    verifier: Verifier,
    _still: Still,
}

impl World {
    async fn new(reply: Reply) -> Self {
        Self::with(reply, |keys| keys).await
    }

    async fn with(reply: Reply, more: impl FnOnce(RemoteKeys) -> RemoteKeys) -> Self {
        let still = Still::new();
        let stub = Stub::start().await;
        stub.reply(PATH, reply);
        let keys = more(Keys::jwks(stub.url(PATH))).build().unwrap();
        let verifier = verifier(&keys);
        Self { stub, keys, verifier, _still: still }
    }

    /// With keys that were fetched already.
    async fn loaded(keys: &[&SigningKey]) -> Self {
        let world = Self::new(key_set(keys)).await;
        world.keys.ready().await;
        world
    }

    fn reply(&self, reply: Reply) {
        self.stub.reply(PATH, reply);
    }

    /// Why the token is refused, if it is.
    async fn refusal(&self, token: &str) -> Option<VerifyError> {
        self.verifier.verify(token).await.err()
    }

    /// Why there was no answer when the server was last asked.
    fn error(&self) -> Option<String> {
        self.keys.states()[0].error.clone()
    }

    fn asked(&self) -> usize {
        self.stub.asked().len()
    }
}

fn verifier(keys: &Keys) -> Verifier {
    tokens().0.guard().keys(keys.clone()).build().unwrap().verifier().clone()
}

fn new_key() -> SigningKey {
    key_for(Algorithm::EdDsa)
}

fn key_for(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm).unwrap().0
}

/// The public halves, without a word about caching.
fn key_set(keys: &[&SigningKey]) -> Reply {
    key_set_for("", keys)
}

fn key_set_for(headers: &str, keys: &[&SigningKey]) -> Reply {
    let set = JwkSet::new(keys.iter().map(|key| key.public().clone()).collect());
    good(headers, &serde_json::to_string(&set).unwrap())
}

fn good(headers: &str, body: &str) -> Reply {
    Reply::Bytes(answer("200 OK", headers, body))
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "johndoe", "aud": RESOURCE, "exp": 1_800_000_600})
}

fn token(key: &SigningKey) -> String {
    Minter::asymmetric(key).mint(&claims()).unwrap()
}

const UNKNOWN: Option<VerifyError> = Some(VerifyError::Token(TokenError::UnknownKey));

/// Waits until something holds that other tasks bring about without a clock.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still waiting: {what}");
        tokio::task::yield_now().await;
    }
}

/// Keeps a paused clock from moving by itself while the test waits for a socket.
///
/// Tokio moves it when nothing is left to do, and does not count sockets; a blocking task it does.
struct Still {
    _end: mpsc::Sender<()>,
}

impl Still {
    fn new() -> Self {
        let (end, ended) = mpsc::channel();
        tokio::task::spawn_blocking(move || ended.recv());
        Self { _end: end }
    }
}
