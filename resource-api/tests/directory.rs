//! What resource-api knows of users and revocations, followed over a real store with a clock that
//! the test moves.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http::Extensions;
use resource_api::directory::{CurrentUser, Directory, follow};
use scopegate_core::{
    claims::Verified,
    clock::{Clock, ManualClock, Timestamp},
    scope::Scope,
};
use scopegate_guard::{Standing, SubjectCheck, Unavailable};
use scopegate_store::{
    JobFuture, Store, StoreOptions, Synchronous,
    changes::{self, ChangeKind, NewChange},
    clients::{self, Consent, NewClient},
    meta, sqlite_url,
    users::{self, NewUser},
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const STALENESS: Duration = Duration::from_secs(5);

struct World {
    directory: Arc<Directory>,
    clock: Arc<ManualClock>,
    store: Store,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scopegate.db");
        let store = open(&file).await;
        let clock = Arc::new(ManualClock::at(NOW));
        let directory = Arc::new(Directory::new(clock.clone(), STALENESS));
        let (followed, url) = (Arc::clone(&directory), sqlite_url(&file));
        tokio::spawn(async move { follow(&followed, &url).await });
        let world = Self { directory, clock, store, file, _folder: folder };
        world.write(|conn| Box::pin(fill(conn))).await;
        eventually(async || world.directory.is_ready()).await;
        world
    }

    async fn write<F>(&self, job: F)
    where
        F: for<'c> FnOnce(&'c mut scopegate_store::Connection) -> JobFuture<'c, ()>
            + Clone
            + Send
            + 'static,
    {
        self.store.write(job).await.unwrap();
    }

    async fn standing(&self, token: &Verified) -> Result<Standing, Unavailable> {
        self.directory.check(token, &mut Extensions::new()).await
    }

    async fn eventually_stands(&self, token: &Verified, expected: Standing) {
        eventually(async || self.standing(token).await == Ok(expected)).await;
    }
}

async fn open(file: &Path) -> Store {
    let options = StoreOptions { url: sqlite_url(file), synchronous: Synchronous::Normal };
    let store = Store::open(&options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn fill(conn: &mut scopegate_store::Connection) -> Result<(), scopegate_store::StoreError> {
    let user = NewUser {
        username: "johndoe".into(),
        full_name: Some("John Doe".into()),
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
    users::add(conn, &user, NOW).await?;
    clients::add(conn, &client, NOW).await
}

/// Waits for something that the feed brings; the test fails if it does not come in ten seconds.
async fn eventually(condition: impl AsyncFn() -> bool) {
    let met = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while !condition().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), met).await.expect("it comes in time");
}

fn token(subject: &str, client: &str) -> Verified {
    Verified {
        issuer: "http://localhost:8000".into(),
        subject: subject.into(),
        client_id: Some(client.into()),
        scope: Scope::empty(),
        expires_at: NOW.seconds() + 1800,
        issued_at: Some(NOW.seconds()),
        token_id: Some("t1".into()),
        grant_id: Some("g1".into()),
        payload: Vec::new(),
    }
}

#[tokio::test]
async fn a_user_and_a_client_stand_and_strangers_do_not() {
    let world = World::start().await;
    let mut found = Extensions::new();
    let standing = world.directory.check(&token("johndoe", "app"), &mut found).await;
    assert_eq!(standing, Ok(Standing::Active));
    let user = found.get::<CurrentUser>().expect("the handler gets the user");
    assert_eq!(user.full_name.as_deref(), Some("John Doe"));
    for (name, token, expected) in [
        ("an unknown user", token("nobody", "app"), Standing::Unknown),
        ("an unknown client", token("johndoe", "nothing"), Standing::Revoked),
        ("a client for itself", token("app", "app"), Standing::Active),
        ("an unknown client for itself", token("nothing", "nothing"), Standing::Revoked),
    ] {
        assert_eq!(world.standing(&token).await, Ok(expected), "{name}");
    }
}

#[tokio::test]
async fn a_disabled_user_is_known_as_such_and_an_enabled_one_again() {
    let world = World::start().await;
    let token = token("johndoe", "app");
    world.eventually_stands(&token, Standing::Active).await;
    for (disabled, expected) in [(true, Standing::Inactive), (false, Standing::Active)] {
        world
            .write(move |conn| {
                Box::pin(async move {
                    users::set_disabled(conn, "johndoe", disabled, NOW).await.map(drop)
                })
            })
            .await;
        world.eventually_stands(&token, expected).await;
    }
}

#[tokio::test]
async fn a_name_that_was_unknown_is_asked_for_again_once_it_is_given_out() {
    let world = World::start().await;
    let token = token("jane", "app");
    assert_eq!(world.standing(&token).await, Ok(Standing::Unknown));
    world
        .write(|conn| {
            Box::pin(async move {
                let user = NewUser {
                    username: "jane".into(),
                    full_name: None,
                    email: None,
                    password_hash: None,
                    scopes: Scope::empty(),
                    disabled: false,
                };
                users::add(conn, &user, NOW).await
            })
        })
        .await;
    world.eventually_stands(&token, Standing::Active).await;
}

#[tokio::test]
async fn jw30_a_revoked_token_or_grant_is_refused_and_others_are_not() {
    for (kind, id) in [(ChangeKind::Token, "t1"), (ChangeKind::Grant, "g1")] {
        let world = World::start().await;
        world
            .write(move |conn| {
                Box::pin(async move {
                    let until = Some(NOW.plus(Duration::from_mins(30)));
                    changes::record(conn, NOW, &[NewChange { kind, subject: id, until }])
                        .await
                        .map(drop)
                })
            })
            .await;
        world.eventually_stands(&token("johndoe", "app"), Standing::Revoked).await;
        let mut other = token("johndoe", "app");
        (other.token_id, other.grant_id) = (Some("t2".into()), Some("g2".into()));
        assert_eq!(world.standing(&other).await, Ok(Standing::Active));
    }
}

#[tokio::test]
async fn a_revocation_from_before_the_start_is_in_force() {
    let first = World::start().await;
    first
        .write(|conn| {
            Box::pin(async move {
                let until = Some(NOW.plus(Duration::from_mins(30)));
                let change = NewChange { kind: ChangeKind::Grant, subject: "g1", until };
                changes::record(conn, NOW, &[change]).await.map(drop)
            })
        })
        .await;
    let directory = Arc::new(Directory::new(first.clock.clone(), STALENESS));
    let (followed, url) = (Arc::clone(&directory), sqlite_url(&first.file));
    tokio::spawn(async move { follow(&followed, &url).await });
    eventually(async || directory.is_ready()).await;
    let standing = directory.check(&token("johndoe", "app"), &mut Extensions::new()).await;
    assert_eq!(standing, Ok(Standing::Revoked));
}

#[tokio::test]
async fn without_its_database_the_last_known_state_serves_for_a_while_and_then_nothing_does() {
    let world = World::start().await;
    let token = token("johndoe", "app");
    world.eventually_stands(&token, Standing::Active).await;
    world.store.close().await;
    let aside = world.file.with_extension("aside");
    std::fs::rename(&world.file, &aside).unwrap();
    // The clock stands still, so what was known stays fresh however long the test takes.
    assert_eq!(world.standing(&token).await, Ok(Standing::Active));
    eventually(async || {
        world.clock.advance(STALENESS + Duration::from_secs(1));
        world.standing(&token).await.is_err()
    })
    .await;
    assert!(world.clock.now() > NOW);
    std::fs::rename(&aside, &world.file).unwrap();
    world.eventually_stands(&token, Standing::Active).await;
}

#[tokio::test]
async fn a_store_that_was_restored_under_its_reader_is_read_anew() {
    let world = World::start().await;
    let known = token("johndoe", "app");
    world.eventually_stands(&known, Standing::Active).await;
    // What a restore leaves: rows that no later number of the feed tells of.
    world
        .write(move |conn| {
            Box::pin(async move {
                let disable = "UPDATE users SET disabled = 1";
                sqlx::query(disable).execute(&mut *conn).await?;
                let revoke = "INSERT INTO changes (seq, at, kind, subject, until) \
                              VALUES (-1, 0, 'grant', 'g1', 9000000000000)";
                sqlx::query(revoke).execute(&mut *conn).await?;
                meta::renew_incarnation(conn, "another").await
            })
        })
        .await;
    world.eventually_stands(&known, Standing::Inactive).await;
    world
        .write(|conn| {
            Box::pin(async move {
                sqlx::query("UPDATE users SET disabled = 0").execute(&mut *conn).await?;
                meta::renew_incarnation(conn, "a third").await
            })
        })
        .await;
    world.eventually_stands(&known, Standing::Revoked).await;
}
