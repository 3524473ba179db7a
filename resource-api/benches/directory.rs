//! What the look at a token's subject costs a request, with nothing revoked and with a hundred
//! thousand grants revoked: `cargo bench -p resource-api`.

use std::{sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use http::Extensions;
use resource_api::directory::{Directory, follow};
use scopegate_core::{
    claims::Verified,
    clock::{ManualClock, Timestamp},
    scope::Scope,
};
use scopegate_guard::SubjectCheck;
use scopegate_store::{
    Store, StoreOptions, Synchronous,
    changes::{self, ChangeKind, NewChange},
    clients::{self, Consent, NewClient},
    sqlite_url,
    users::{self, NewUser},
};
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn check(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    for revoked in [0, 100_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let directory = runtime.block_on(directory(folder.path(), revoked));
        let token = token();
        criterion.bench_function(&format!("subject check, {revoked} grants revoked"), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                directory.check(&token, &mut Extensions::new()).await.expect("the state is fresh")
            });
        });
    }
}

/// A directory over a store with one user, one client and so many revocations. Its clock stands
/// still, so that it never grows stale.
async fn directory(folder: &std::path::Path, revoked: usize) -> Arc<Directory> {
    let url = sqlite_url(&folder.join("scopegate.db"));
    let options = StoreOptions { url: url.clone(), synchronous: Synchronous::Normal };
    let store = Store::open(&options).await.expect("the store opens");
    store.migrate().await.expect("the store is migrated");
    fill(&store, revoked).await;
    let clock = Arc::new(ManualClock::at(NOW));
    let directory = Arc::new(Directory::new(clock, Duration::from_secs(5)));
    let followed = Arc::clone(&directory);
    tokio::spawn(async move { follow(&followed, &url).await });
    while !directory.is_ready() {
        tokio::task::yield_now().await;
    }
    directory
}

async fn fill(store: &Store, revoked: usize) {
    let user = NewUser {
        username: "johndoe".into(),
        full_name: None,
        email: None,
        password_hash: None,
        scopes: Scope::empty(),
        disabled: false,
    };
    let client = NewClient {
        client_id: "app".into(),
        name: "App".into(),
        secret_sha256: None,
        grants: vec!["password".into()],
        scopes: Scope::empty(),
        redirect_uris: Vec::new(),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
    };
    let job = store.write(move |conn| {
        Box::pin(async move {
            users::add(conn, &user, NOW).await?;
            clients::add(conn, &client, NOW).await?;
            let ids: Vec<String> = (0..revoked).map(|n| format!("revoked-{n}")).collect();
            let until = Some(NOW.plus(Duration::from_mins(30)));
            for id in &ids {
                let change = NewChange { kind: ChangeKind::Grant, subject: id, until };
                changes::record(conn, NOW, &[change]).await?;
            }
            Ok(())
        })
    });
    job.await.expect("the rows are new");
}

fn token() -> Verified {
    Verified {
        issuer: "http://localhost:8000".into(),
        subject: "johndoe".into(),
        client_id: Some("app".into()),
        scope: Scope::empty(),
        expires_at: NOW.seconds() + 1800,
        issued_at: Some(NOW.seconds()),
        token_id: Some("t1".into()),
        grant_id: Some("g1".into()),
        payload: Vec::new(),
    }
}

criterion_group!(benches, check);
criterion_main!(benches);
