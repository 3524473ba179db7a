//! What a running server holds: store, keys, hasher, clock. Built once, at the start.

mod readiness;

use std::{fmt, sync::Arc, time::Duration};

use scopegate_core::clock::Clock;
use scopegate_settings::{choice, public_url::PublicUrl};
use scopegate_store::{Observer, Store, StoreError, StoreOptions, Synchronous, meta};

use crate::{
    audit::Trail,
    config::{Config, SessionConfig, TokenConfig, TrustedProxies},
    identity::{HashCost, Hasher, Passwords, RememberedClients},
    keys::{KeyError, ServerKey, SigningKeys},
    limits::Limits,
    metrics::{Metrics, Present},
    pages::{Pages, PagesError},
};

pub use self::readiness::NotReady;
use self::readiness::Readiness;

/// Everything that answering a request needs.
pub struct App {
    /// The database.
    pub store: Store,
    /// The password hasher.
    pub hasher: Hasher,
    /// Clients that need no look-up.
    pub clients: RememberedClients,
    /// The keys that sign access tokens.
    pub signing: SigningKeys,
    /// Checks passwords.
    pub passwords: Passwords,
    /// How often somebody may guess.
    pub limits: Arc<Limits>,
    /// The proxies whose word is taken for a client's address.
    pub trusted_proxies: TrustedProxies,
    /// The key from which refresh successors are derived.
    pub server_key: Arc<ServerKey>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Refusals on their way to the audit log.
    pub audit: Trail,
    /// How long entries of the audit log are kept.
    pub audit_keep: Duration,
    /// What is counted.
    pub metrics: Metrics,
    readiness: Readiness,
    /// How long things live.
    pub lifetimes: TokenConfig,
    /// How long browser sessions live.
    pub sessions: SessionConfig,
    /// The pages that people see.
    pub pages: Pages,
    /// Origins that may call the token endpoint from a browser.
    pub cors_origins: Vec<String>,
    issuer: PublicUrl,
    audience: PublicUrl,
    default_client: Option<String>,
    docs_client: String,
}

/// Why a server cannot start: one line for whoever runs it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A template or the logo.
    #[error(transparent)]
    Pages(#[from] PagesError),
    /// The server key is gone, and the store was made with one.
    #[error(
        "{}: the server key that the database was made with is not there; \
         put it back, or all refresh tokens are lost", path.display()
    )]
    NoServerKey {
        /// The key's file.
        path: std::path::PathBuf,
    },
    /// A server key that the store does not know.
    #[error(
        "{}: this is not the server key that the database was made with; \
         put that one back, or all refresh tokens are lost", path.display()
    )]
    OtherServerKey {
        /// The key's file.
        path: std::path::PathBuf,
    },
}

impl App {
    /// Opens the store and the keys, and starts the hash threads.
    pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let metrics = Metrics::new();
        let (store, server_key) = open_store_observed(config, metrics.store.observer()).await?;
        let lifetime = config.tokens.access_token_ttl;
        let signing = SigningKeys::open(&config.keys, lifetime, &store, clock.now()).await?;
        let hashing = &config.hashing;
        let cost = HashCost { memory: hashing.memory, time: hashing.time, lanes: hashing.lanes };
        let hasher = Hasher::start(cost, hashing.queue)
            .with_demo_hashes(config.http.issuer.is_loopback())
            .counted_by(metrics.hashing.clone());
        let server_key = Arc::new(server_key);
        let limits = Arc::new(Limits::new(
            store.clone(),
            Arc::clone(&server_key),
            Arc::clone(&clock),
            config.limits.guesses.then(|| metrics.guesses.clone()),
        ));
        Ok(Self {
            audit: Trail::counted_by(metrics.audit_lost.clone()),
            metrics,
            readiness: Readiness::default(),
            passwords: Passwords::new(store.clone(), hasher.clone(), Arc::clone(&limits)),
            limits,
            trusted_proxies: config.limits.trusted_proxies.clone(),
            store,
            server_key,
            hasher,
            clients: RememberedClients::default(),
            signing,
            clock,
            audit_keep: config.audit.keep,
            lifetimes: config.tokens,
            sessions: config.sessions,
            pages: Pages::load(&config.pages)?,
            cors_origins: config.http.cors_origins.clone(),
            issuer: config.http.issuer.clone(),
            audience: config.http.audience.clone(),
            default_client: config.http.default_client.clone(),
            docs_client: config.http.docs_client.clone(),
        })
    }

    /// Whether the server can do its work: the database takes a write, and a key signs.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.readiness.check(&self.store, &self.clock).await?;
        self.signing.minter(self.clock.now()).map(drop).map_err(|_| NotReady::NoKey)
    }

    /// Its metrics as they are now.
    pub fn metrics_page(&self) -> Result<String, fmt::Error> {
        self.metrics.page(&Present {
            writes_waiting: self.store.waiting_writes(),
            key: self.signing.age(self.clock.now()),
        })
    }

    /// Whether browsers reach this server over https.
    pub fn is_https(&self) -> bool {
        self.issuer.is_https()
    }

    /// The issuer's public URL: `iss`.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The origins by which a browser may know this server.
    pub fn issuer_spellings(&self) -> Vec<String> {
        self.issuer.origin_spellings()
    }

    /// The resource server's public URL: `aud`.
    pub fn audience(&self) -> &str {
        self.audience.as_str()
    }

    /// The client that the Authorize dialog of the docs page starts with.
    pub fn docs_client(&self) -> &str {
        &self.docs_client
    }

    /// The public client that a request means which names none.
    pub fn default_client(&self) -> Option<&str> {
        self.default_client.as_deref()
    }
}

/// Opens the store, migrates it unless the settings say not to, and checks that the server key is
/// the one it was made with.
pub async fn open_store(config: &Config) -> Result<(Store, ServerKey), StartError> {
    open_store_observed(config, Arc::new(|_| {})).await
}

async fn open_store_observed(
    config: &Config,
    observer: Observer,
) -> Result<(Store, ServerKey), StartError> {
    let store = open_database_observed(config, observer).await?;
    let known = meta::find(&mut *store.read().await?, "server_key").await?;
    if let Some(known) = known {
        return Ok((store, known_server_key(config, &known)?));
    }
    let server_key = ServerKey::load_or_create(&config.keys.server_key_file)?;
    let ours = server_key.fingerprint().to_owned();
    // Another replica may have been first.
    let known = store
        .write(move |conn| {
            Box::pin(async move { meta::put_if_absent(conn, "server_key", &ours).await })
        })
        .await?;
    check_server_key(config, &server_key, &known)?;
    Ok((store, server_key))
}

/// The server key with this fingerprint. It is not made where it is missing: a new one would be
/// refused, and then lie there as if it were the right one.
pub fn known_server_key(config: &Config, fingerprint: &str) -> Result<ServerKey, StartError> {
    let path = &config.keys.server_key_file;
    if !path.exists() {
        return Err(StartError::NoServerKey { path: path.clone() });
    }
    let server_key = ServerKey::load_or_create(path)?;
    check_server_key(config, &server_key, fingerprint)?;
    Ok(server_key)
}

fn check_server_key(
    config: &Config,
    server_key: &ServerKey,
    fingerprint: &str,
) -> Result<(), StartError> {
    if server_key.fingerprint() == fingerprint {
        Ok(())
    } else {
        Err(StartError::OtherServerKey { path: config.keys.server_key_file.clone() })
    }
}

/// Opens the store alone, for what needs no key, and migrates it unless the settings say not to.
pub async fn open_database(config: &Config) -> Result<Store, StoreError> {
    open_database_observed(config, Arc::new(|_| {})).await
}

async fn open_database_observed(config: &Config, observer: Observer) -> Result<Store, StoreError> {
    let options = StoreOptions { url: database_url(config), synchronous: synchronous(config) };
    let store = Store::open_observed(&options, observer).await?;
    if config.store.no_migrate {
        store.check().await?;
    } else {
        let applied = store.migrate().await?;
        if applied > 0 {
            tracing::info!(migrations = applied, "database migrated");
        }
    }
    Ok(store)
}

/// How durable a commit is.
pub const fn synchronous(config: &Config) -> Synchronous {
    match config.store.synchronous {
        choice::Synchronous::Full => Synchronous::Full,
        choice::Synchronous::Normal => Synchronous::Normal,
    }
}

/// The URL of the database; it may hold a password.
pub fn database_url(config: &Config) -> String {
    config.store.database.url(scopegate_store::sqlite_url)
}
