//! What a rotation costs in the store: 16 families at once through the writer and its groups, and the
//! same statements on a bare connection, 16 to a transaction:
//! `cargo bench -p scopegate-store --features bench`.

use std::{path::Path, sync::atomic::AtomicU64, sync::atomic::Ordering, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    Store, StoreOptions, Synchronous,
    audit::{Entry, Outcome},
    bench::Rotations,
    clients::{self, Consent, NewClient},
    grants::{self, NewGrant, NewRefreshToken},
    refresh_tokens::{Rotated, Rotation, TokenUse},
    sqlite_url,
};
use tokio::runtime::Runtime;

const FAMILIES: u64 = 16;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

const HOUR: Duration = Duration::from_hours(1);

fn rotation(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut group = criterion.benchmark_group("16 rotations");
    group.throughput(Throughput::Elements(FAMILIES)).sample_size(20);
    for (name, synchronous) in [("FULL", Synchronous::Full), ("NORMAL", Synchronous::Normal)] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("scopegate.db");
        let turn = AtomicU64::new(0);
        let store = runtime.block_on(store(&file, synchronous));
        group.bench_function(format!("the store, {name}"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                join_all((0..FAMILIES).map(|family| rotate(&store, family, turn))).await
            });
        });
        runtime.block_on(store.close());
        let bare = runtime.block_on(Rotations::open(&file, synchronous));
        let bare = tokio::sync::Mutex::new(bare.expect("the store is there"));
        group.bench_function(format!("a bare connection, {name}"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                let jobs: Vec<_> = (0..FAMILIES).map(|family| token_use(family, turn)).collect();
                let fresh = bare.lock().await.rotate(&jobs).await.expect("it rotates");
                assert_eq!(fresh as u64, FAMILIES);
            });
        });
    }
}

async fn rotate(store: &Store, family: u64, turn: u64) {
    let rotated = store.write_alike(token_use(family, turn)).await;
    assert_eq!(rotated.expect("it rotates"), Rotated::Fresh);
}

fn token_use(family: u64, turn: u64) -> TokenUse {
    let rotation = Rotation {
        presented: hash(family, turn),
        successor: hash(family, turn + 1),
        client_id: "first-party".to_owned(),
        client_updated_at: None,
        now: NOW,
        grace: Duration::from_secs(30),
        access_until: NOW.plus(HOUR),
        successor_expires_at: NOW.plus(HOUR),
    };
    let entry = Entry {
        id: Entry::id_at(NOW, &format!("{turn:012x}{family:04x}")),
        at: NOW,
        event: "token.refresh_token".to_owned(),
        outcome: Outcome::Done,
        reason: None,
        actor: None,
        subject: None,
        client_id: Some("first-party".to_owned()),
        address: Some("127.0.0.1".to_owned()),
        request_id: Some("00000000-0000-4000-8000-000000000000".to_owned()),
        detail: Some("grant 0000000000000000000000, scope \"\"".to_owned()),
    };
    TokenUse { rotation, grant_id: grant_id(family), issued: entry.clone(), reused: entry }
}

/// As long as the hash of a token and, like those, in no order.
fn hash(family: u64, turn: u64) -> String {
    let mixed = (turn * FAMILIES + family + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{turn:016x}{family:011x}")
}

async fn store(file: &Path, synchronous: Synchronous) -> Store {
    let options = StoreOptions { url: sqlite_url(file), synchronous };
    let store = Store::open(&options).await.expect("the store opens");
    store.migrate().await.expect("the store is migrated");
    let rows = store.write(|conn| {
        Box::pin(async move {
            clients::add(conn, &client(), NOW).await?;
            for family in 0..FAMILIES {
                grants::open(conn, &grant(family)).await?;
            }
            Ok(())
        })
    });
    rows.await.expect("the rows are taken");
    store
}

fn client() -> NewClient {
    NewClient {
        client_id: "first-party".to_owned(),
        name: "First-party app".to_owned(),
        secret_sha256: None,
        grants: vec!["refresh_token".to_owned()],
        scopes: Scope::empty(),
        redirect_uris: Vec::new(),
        consent: Consent::Skip,
        resource_server: false,
        disabled: false,
    }
}

fn grant_id(family: u64) -> String {
    format!("{family:022}")
}

fn grant(family: u64) -> NewGrant {
    NewGrant {
        id: grant_id(family),
        username: None,
        credential_version: None,
        client_id: "first-party".to_owned(),
        client_updated_at: None,
        scope: Scope::empty(),
        created_at: NOW,
        access_until: NOW,
        expires_at: NOW.plus(HOUR),
        refresh: Some(NewRefreshToken { hash: hash(family, 0), expires_at: NOW.plus(HOUR) }),
    }
}

criterion_group!(benches, rotation);
criterion_main!(benches);
