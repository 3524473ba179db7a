//! A fresh database of each kind for every test, and the rows that most tests begin with.

use std::path::PathBuf;

use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    Connection, Reader, Store, StoreOptions, Synchronous,
    clients::{self, Consent, NewClient},
    codes::{self, NewCode},
    grants::{self, NewGrant, NewRefreshToken},
    scopes, sqlite_url,
    testing::Cluster,
    users::{self, NewUser},
};
use tempfile::TempDir;

/// Noon of some day.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A migrated database of its own.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) url: String,
    folder: Option<TempDir>,
}

/// Runs a test on each kind of database; what fails says on which.
pub(crate) async fn on_every_database(test: impl AsyncFn(&Database)) {
    let database = sqlite().await;
    eprintln!("on SQLite:");
    test(&database).await;
    database.store.close().await;
    let Some(cluster) = Cluster::shared() else {
        eprintln!("PostgreSQL is not installed: on SQLite alone");
        return;
    };
    let database = open(cluster.create_database(), None).await;
    eprintln!("on PostgreSQL:");
    test(&database).await;
    database.store.close().await;
}

/// Runs a test of what only `PostgreSQL` does, with johndoe in the database.
pub(crate) async fn on_postgres(test: impl AsyncFn(&Database)) {
    let Some(cluster) = Cluster::shared() else {
        eprintln!("PostgreSQL is not installed: this test is about it");
        return;
    };
    let database = open(cluster.create_database(), None).await;
    database.with_johndoe().await;
    test(&database).await;
    database.store.close().await;
}

/// The URL of a `PostgreSQL` database that nobody has opened yet, where there is one to be had.
pub(crate) fn new_postgres() -> Option<String> {
    Some(Cluster::shared()?.create_database())
}

/// A migrated `SQLite` database.
pub(crate) async fn sqlite() -> Database {
    let folder = tempfile::tempdir().expect("the machine has a folder for temporary files");
    open(sqlite_url(&folder.path().join("shared/scopegate.db")), Some(folder)).await
}

async fn open(url: String, folder: Option<TempDir>) -> Database {
    let store = open_store(&url).await;
    store.migrate().await.expect("a new database can be migrated");
    Database { store, url, folder }
}

pub(crate) async fn open_store(url: &str) -> Store {
    let options = StoreOptions { url: url.to_owned(), synchronous: Synchronous::Full };
    Store::open(&options).await.expect("the database can be opened")
}

impl Database {
    /// The `SQLite` file, if this is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("shared/scopegate.db"))
    }

    pub(crate) async fn reader(&self) -> Reader {
        Reader::open(&self.url).await.expect("a migrated database can be read")
    }

    /// The scopes `me` and `items`, johndoe who holds both, and the public client `app`.
    pub(crate) async fn with_johndoe(&self) -> &Self {
        self.store
            .write(|conn| Box::pin(async move { add_johndoe(conn).await }))
            .await
            .expect("an empty database takes the demo rows");
        self
    }

    /// Opens a grant of johndoe to `app` with the refresh token `{id}-1`.
    pub(crate) async fn with_grant(&self, id: &str) {
        let new = grant(id);
        let opened = self
            .store
            .write(move |conn| Box::pin(async move { grants::open(conn, &new).await }))
            .await
            .expect("the grant can be written");
        assert!(opened, "{id}");
    }

    /// Stores a code of johndoe for `app`, whose grant will be `{hash}-grant`.
    pub(crate) async fn with_code(&self, hash: &str) {
        let new = code(hash);
        let added = self
            .store
            .write(move |conn| Box::pin(async move { codes::add(conn, &new).await }))
            .await
            .expect("the code can be written");
        assert!(added, "{hash}");
    }
}

async fn add_johndoe(conn: &mut Connection) -> Result<(), scopegate_store::StoreError> {
    scopes::add(conn, "me", "Read about the user.", NOW).await?;
    scopes::add(conn, "items", "Read items.", NOW).await?;
    users::add(conn, &johndoe(), NOW).await?;
    clients::add(conn, &app(), NOW).await
}

pub(crate) fn scope(text: &str) -> Scope {
    text.parse().expect("tests write good scopes")
}

pub(crate) fn johndoe() -> NewUser {
    NewUser {
        username: "johndoe".to_owned(),
        full_name: Some("John Doe".to_owned()),
        email: None,
        password_hash: Some("hash-1".to_owned()),
        scopes: scope("me items"),
        disabled: false,
    }
}

pub(crate) fn app() -> NewClient {
    NewClient {
        client_id: "app".to_owned(),
        name: "The app".to_owned(),
        secret_sha256: None,
        grants: vec!["password".to_owned(), "refresh_token".to_owned()],
        scopes: scope("me items"),
        redirect_uris: vec![
            "https://app.example/b".to_owned(),
            "https://app.example/a".to_owned(),
            "com.example.app:/cb".to_owned(),
        ],
        consent: Consent::Skip,
        resource_server: false,
        disabled: false,
    }
}

pub(crate) fn grant(id: &str) -> NewGrant {
    NewGrant {
        id: id.to_owned(),
        username: Some("johndoe".to_owned()),
        credential_version: Some(1),
        client_id: "app".to_owned(),
        client_updated_at: None,
        scope: scope("me"),
        created_at: NOW,
        access_until: after(1800),
        expires_at: after(90 * 86400),
        refresh: Some(NewRefreshToken { hash: format!("{id}-1"), expires_at: after(30 * 86400) }),
    }
}

pub(crate) fn code(hash: &str) -> NewCode {
    NewCode {
        hash: hash.to_owned(),
        grant_id: format!("{hash}-grant"),
        username: "johndoe".to_owned(),
        credential_version: 1,
        client_id: "app".to_owned(),
        scope: scope("me"),
        redirect_uri: "https://app.example/a".to_owned(),
        code_challenge: "challenge".to_owned(),
        created_at: NOW,
        expires_at: after(60),
    }
}

/// So many seconds after [`NOW`].
pub(crate) fn after(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}
