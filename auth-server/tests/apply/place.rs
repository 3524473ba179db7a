//! A data folder of its own for each story, and the file that most of them apply.

use std::path::Path;

use auth_server::{
    apply::{Applier, ApplyError, File, Report, report::Outcome},
    identity::{HashCost, Hasher},
    keys::ServerKey,
};
use scopegate_core::clock::{ManualClock, Timestamp};
use scopegate_store::{
    Store, StoreOptions, Synchronous,
    clients::{self, Client},
    sqlite_url,
    users::{self, User},
};

pub(crate) const FILE: &str = r#"
    [[scope]]
    name = "me"
    description = "Read information about the current user."
    [[scope]]
    name = "items"
    description = "Read items."
    [[client]]
    id = "first-party"
    public = true
    grants = ["password", "refresh_token"]
    scopes = ["me", "items"]
    [[client]]
    id = "web"
    name = "Web app"
    grants = ["authorization_code"]
    scopes = ["me"]
    redirect_uris = ["https://app.example/callback"]
    [[user]]
    username = "johndoe"
    full_name = "John Doe"
    password = "secret"
    scopes = ["me", "items"]
    disabled = false
    [[item]]
    item_id = "Foo"
    owner = "johndoe"
"#;

/// A data folder with a store in it.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) server_key: ServerKey,
    pub(crate) hasher: Hasher,
    pub(crate) clock: ManualClock,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions { url: url(folder.path()), synchronous: Synchronous::Normal };
        let store = Store::open(&options).await.expect("a store");
        store.migrate().await.expect("a schema");
        let server_key =
            ServerKey::load_or_create(&folder.path().join("private/server.key")).expect("a key");
        let hasher = Hasher::start(HashCost { memory: 8, time: 1, lanes: 1 }, 8);
        let clock = ManualClock::at(Timestamp::from_seconds(1_700_000_000));
        Self { folder, store, server_key, hasher, clock }
    }

    pub(crate) async fn apply(&self, content: &str) -> Result<Report, ApplyError> {
        let applier = Applier {
            store: &self.store,
            server_key: &self.server_key,
            hasher: &self.hasher,
            clock: &self.clock,
            private_dir: self.folder.path().join("private"),
        };
        applier.apply(File::parse("test.toml", content, true)?).await
    }

    pub(crate) async fn user(&self, name: &str) -> Option<User> {
        let mut conn = self.store.read().await.expect("a connection");
        users::find(&mut conn, name).await.expect("an answer")
    }

    pub(crate) async fn client(&self, id: &str) -> Option<Client> {
        let mut conn = self.store.read().await.expect("a connection");
        clients::find(&mut conn, id).await.expect("an answer")
    }

    pub(crate) fn secret_file(&self) -> std::path::PathBuf {
        self.folder.path().join("private/clients/web.secret")
    }
}

/// Runs one mutation of the store, as a command does.
macro_rules! command {
    ($place:expr, |$conn:ident| $mutation:expr) => {
        $place.store.write(|$conn| Box::pin(async move { $mutation.await })).await.unwrap()
    };
}

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

pub(crate) fn url(folder: &Path) -> String {
    sqlite_url(&folder.join("shared/scopegate.db"))
}

pub(crate) fn outcome(report: &Report, name: &str) -> Outcome {
    report.entries.iter().find(|line| line.name == name).expect("an entry").outcome
}

pub(crate) use command;
