//! Signing keys that change under load: a new key is published before it signs, an old one is kept
//! until its last token has expired, and no good token is ever refused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use scopegate_core::algorithm::Algorithm;

use crate::harness::{AuthServer, Place, ResourceApi, Tokens, eventually, kid_of};

/// How long a new key is published before it signs. Verifiers keep the keys for half of it, which
/// leaves seconds to fetch them on a machine that runs everything at once.
const LEAD: Duration = Duration::from_secs(10);

/// Until a new key signs, on a machine that runs everything at once.
const TAKES_OVER: Duration = Duration::from_secs(40);

/// Chains of refresh tokens that are asked with at once. Few, beside all the other stories.
const CHAINS: usize = 2;

/// As many as a measurement takes.
const CHAINS_BY_HAND: usize = 8;

/// Requests with one access token, before the chain takes its next one.
const ASKED: u64 = 20;

#[tokio::test]
async fn key_pairs_rotate_under_load_without_a_wrong_refusal() {
    rotate_under_load(Algorithm::EdDsa, rounds(2)).await;
}

#[tokio::test]
async fn shared_keys_rotate_under_load_without_a_wrong_refusal() {
    // The file holds eight lines.
    rotate_under_load(Algorithm::Hs256, rounds(1).min(7)).await;
}

/// More rounds, and more load, by hand:
/// `SCOPEGATE_TEST_ROTATIONS=100 cargo test -p e2e -- rotation:: --nocapture`.
fn rounds(usual: usize) -> usize {
    by_hand().unwrap_or(usual)
}

fn by_hand() -> Option<usize> {
    let set = std::env::var("SCOPEGATE_TEST_ROTATIONS").ok();
    set.map(|text| text.parse().expect("a number of rotations"))
}

async fn rotate_under_load(algorithm: Algorithm, rounds: usize) {
    let place = Place::new().signing(algorithm);
    let auth = AuthServer::with(&place, |settings| {
        settings.set("signing-key-lead", format!("{}s", LEAD.as_secs())).set("guess-limits", "off");
    })
    .await;
    let jwks = format!("{}/.well-known/jwks.json", auth.url);
    let resource = ResourceApi::with(&place, |settings| {
        settings.set("jwks-url", jwks);
    })
    .await;
    let world =
        Arc::new(World { auth, resource, asked: AtomicU64::new(0), stop: AtomicBool::new(false) });
    let begun = Instant::now();
    let mut chains = Vec::new();
    for _ in 0..by_hand().map_or(CHAINS, |_| CHAINS_BY_HAND) {
        chains.push(tokio::spawn(chain(Arc::clone(&world))));
    }
    for round in 0..rounds {
        rotate(&world, &place, round).await;
    }
    world.stop.store(true, Ordering::Relaxed);
    for chain in chains {
        chain.await.expect("KR02: a good token was refused");
    }
    let asked = world.asked.load(Ordering::Relaxed);
    let rate = f64::from(u32::try_from(asked).expect("millions")) / begun.elapsed().as_secs_f64();
    println!("{algorithm}: {rounds} rotations, {asked} requests, {rate:.0} a second, none refused");
}

struct World {
    auth: AuthServer,
    resource: ResourceApi,
    asked: AtomicU64,
    stop: AtomicBool,
}

/// Takes a token after the other, and asks with each of them and with the one before.
async fn chain(world: Arc<World>) {
    let mut tokens = world.auth.login("me").await;
    let mut before = tokens.access.clone();
    while !world.stop.load(Ordering::Relaxed) {
        for token in [&before, &tokens.access] {
            for _ in 0..ASKED / 2 {
                let answer = world.resource.ask("/users/me/", token).await;
                assert_eq!(answer.status, 200, "KR02, signed by {}: {answer:?}", kid_of(token));
                world.asked.fetch_add(1, Ordering::Relaxed);
            }
        }
        let next = Tokens::of(&world.auth.refresh(&tokens.refresh).await);
        before = std::mem::replace(&mut tokens, next).access;
    }
}

/// Makes a new key and waits until it signs.
async fn rotate(world: &World, place: &Place, round: usize) {
    let old = kid_of(&world.auth.login("me").await.access);
    place
        .run_with(&["key", "rotate"], |settings| {
            settings.set("signing-key-lead", format!("{}s", LEAD.as_secs()));
        })
        .done();
    eventually(&format!("KR01: key {round} is followed"), TAKES_OVER, async || {
        (kid_of(&world.auth.login("me").await.access) != old).then_some(())
    })
    .await;
}
