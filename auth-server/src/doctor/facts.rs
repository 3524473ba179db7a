//! What is gathered before any check is made: the answers of the issuer, and what the store holds.

use scopegate_core::{
    clock::{Clock, SystemClock, Timestamp},
    scope::Scope,
};
use scopegate_settings::database::Database;
use scopegate_store::{
    Connection, Reader, Store, StoreError, StoreOptions, Synchronous,
    clients::{self, Client},
    condition, meta, scopes,
    signing_keys::{self, SigningKeyRow},
    users::{self, User},
};

use super::visit::{self, Answer};
use crate::{
    app,
    config::Config,
    identity::{HashCost, PasswordHash, demo},
};

/// How many rows are read at a time, and how many names a finding tells.
const PAGE: u32 = 500;
const NAMED: usize = 10;

/// What the checks look at.
pub(super) struct Facts<'c> {
    pub(super) config: &'c Config,
    /// The machine's clock when the issuer had answered.
    pub(super) now: Timestamp,
    /// Its metadata.
    pub(super) metadata: Result<Answer, String>,
    /// Its login page.
    pub(super) login: Result<Answer, String>,
    pub(super) store: Result<Stored, StoreError>,
}

/// What the store holds.
pub(super) struct Stored {
    /// What `SQLite` says of the file.
    pub(super) damages: Result<Vec<String>, StoreError>,
    pub(super) writable: Result<(), StoreError>,
    /// The fingerprint of the server key that it was made with.
    pub(super) server_key: Option<String>,
    pub(super) signing_keys: Vec<SigningKeyRow>,
    pub(super) clients: Vec<(Client, Vec<String>)>,
    pub(super) scopes: Vec<String>,
    pub(super) users: Users,
}

/// The users, of whom there may be many.
#[derive(Debug)]
pub(super) struct Users {
    pub(super) number: usize,
    /// Those who hold a demo password.
    pub(super) demo: Named,
    /// Those whose hash costs less than the settings say.
    pub(super) weak: Named,
    /// Those whose hash cannot be verified.
    pub(super) unusable: Named,
    /// What any of them holds.
    pub(super) held: Scope,
}

/// Some names, and how many more there are.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) number: usize,
    first: Vec<String>,
}

impl<'c> Facts<'c> {
    /// Asks and reads.
    pub(super) async fn gather(config: &'c Config) -> Self {
        let issuer = config.http.issuer.as_str();
        let (metadata, login) = match visit::client() {
            Ok(client) => {
                let metadata = format!("{issuer}/.well-known/oauth-authorization-server");
                tokio::join!(
                    visit::visit(&client, metadata),
                    visit::visit(&client, format!("{issuer}/login"))
                )
            }
            Err(error) => (Err(error.clone()), Err(error)),
        };
        let now = SystemClock.now();
        Self { config, now, metadata, login, store: stored(config).await }
    }
}

impl Named {
    fn add(&mut self, name: &str) {
        self.number += 1;
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        }
    }

    /// The first names, and how many more.
    pub(super) fn told(&self) -> String {
        let names = self.first.join(", ");
        match self.number - self.first.len() {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

async fn stored(config: &Config) -> Result<Stored, StoreError> {
    let reader = Reader::open(&app::database_url(config)).await?;
    let found = read(config, &reader).await;
    reader.close().await;
    found
}

async fn read(config: &Config, reader: &Reader) -> Result<Stored, StoreError> {
    let mut conn = reader.read().await?;
    let damages = condition::damages(&mut conn).await;
    let server_key = meta::find(&mut conn, "server_key").await?;
    let signing_keys = signing_keys::list(&mut conn).await?;
    let scopes = scopes::list(&mut conn).await?.into_iter().map(|scope| scope.name).collect();
    let (clients, users) = (all_clients(&mut conn).await?, all_users(&mut conn, config).await?);
    drop(conn);
    let writable = writable(config).await;
    Ok(Stored { damages, writable, server_key, signing_keys, clients, scopes, users })
}

/// Only asked where the store is there: opening it would make one.
async fn writable(config: &Config) -> Result<(), StoreError> {
    let options = StoreOptions { url: app::database_url(config), synchronous: Synchronous::Full };
    let store = Store::open(&options).await?;
    let writable = condition::check_writable(&store).await;
    store.close().await;
    writable
}

async fn all_clients(conn: &mut Connection) -> Result<Vec<(Client, Vec<String>)>, StoreError> {
    let mut found: Vec<(Client, Vec<String>)> = Vec::new();
    loop {
        let last = found.last().map(|(client, _)| client.client_id.clone());
        let page = clients::list(conn, last.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(found);
        }
        for client in page {
            let uris = clients::redirect_uris(conn, &client.client_id).await?;
            found.push((client, uris));
        }
    }
}

async fn all_users(conn: &mut Connection, config: &Config) -> Result<Users, StoreError> {
    let hashing = &config.hashing;
    let cost = HashCost { memory: hashing.memory, time: hashing.time, lanes: hashing.lanes };
    let [demo, weak, unusable] = std::array::from_fn(|_| Named::default());
    let mut users = Users { number: 0, demo, weak, unusable, held: Scope::empty() };
    let mut last = None;
    loop {
        let page = users::list(conn, last.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(users);
        }
        for user in &page {
            users.add(user, &cost);
        }
        last = page.last().map(|user| user.username.clone());
    }
}

impl Users {
    fn add(&mut self, user: &User, cost: &HashCost) {
        self.number += 1;
        self.held = self.held.union(&user.scopes);
        let Some(hash) = &user.password_hash else { return };
        match PasswordHash::parse(hash) {
            Err(_) => self.unusable.add(&user.username),
            Ok(hash) if demo::is_demo(&hash) => self.demo.add(&user.username),
            Ok(hash) if hash.is_weaker_than(cost) => self.weak.add(&user.username),
            Ok(_) => {}
        }
    }
}

/// The file of `SQLite`, where the store is one.
pub(super) fn database_file(config: &Config) -> Option<&std::path::Path> {
    match &config.store.database {
        Database::File(path) => Some(path),
        Database::Url(_) => None,
    }
}
