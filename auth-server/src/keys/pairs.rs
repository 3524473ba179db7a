//! The key pairs of the store as one server knows them: which are published, and which it can sign
//! with because their private halves are here.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use scopegate_core::{algorithm::Algorithm, clock::Timestamp, jwk::Jwk, mint::Minter};
use scopegate_store::{
    Store,
    signing_keys::{self, SigningKeyRow},
};

use super::{
    KeyError,
    folder::KeyFolder,
    plan, rotation,
    timeline::Timeline,
    upkeep::{self, Sweeper},
};

/// The key pairs that count.
pub struct Pairs {
    signing: Algorithm,
    folder: KeyFolder,
    token_lifetime: Duration,
    /// As the store had them last.
    rows: Vec<SigningKeyRow>,
    /// In the order in which they sign.
    published: Vec<Pair>,
    /// What is wrong with a key here, by its id: said once.
    complaints: BTreeMap<String, String>,
    sweeper: Sweeper,
}

/// A key that is published.
struct Pair {
    public: Jwk,
    row: SigningKeyRow,
    /// What signs with it, where this server can and the settings want it.
    minter: Option<Arc<Minter>>,
}

impl Pairs {
    /// None yet; [`refresh`](Self::refresh) reads them.
    pub fn new(signing: Algorithm, folder: KeyFolder, token_lifetime: Duration) -> Self {
        Self {
            signing,
            token_lifetime,
            rows: Vec::new(),
            published: Vec::new(),
            complaints: BTreeMap::new(),
            sweeper: Sweeper::new(folder.clone()),
            folder,
        }
    }

    /// Reads the store again. Says whether anything is different now; an error leaves everything as
    /// it was.
    pub async fn refresh(&mut self, store: &Store, now: Timestamp) -> Result<bool, KeyError> {
        let mut rows = list(store).await?;
        let lacks_key = plan::current(&rows, self.signing, now).is_none();
        if lacks_key && self.signing.is_asymmetric() {
            rotation::make_first(store, &self.folder, self.signing, now).await?;
            rows = list(store).await?;
        }
        let mut published = self.read(&rows, now).await;
        let retired =
            upkeep::hold(store, &rows, &timeline(&published), self.token_lifetime, now).await?;
        published.retain(|pair| !retired.contains(&pair.row.kid));
        let is_changed = summary(&published) != summary(&self.published);
        self.published = published;
        self.rows = rows;
        Ok(is_changed)
    }

    /// Does what is due for the keys that were read last: retires those that nothing needs, and
    /// deletes the files of retired ones. What fails here changes nothing of what signs and verifies,
    /// and is tried again.
    pub async fn tidy(&mut self, store: &Store, now: Timestamp) -> Result<(), KeyError> {
        let retired = upkeep::retire_expired(store, &self.rows, self.signing, now).await;
        let swept = self.sweeper.sweep(&self.rows).await;
        retired.and(swept)
    }

    /// The public keys, to be published.
    pub fn public(&self) -> Vec<Jwk> {
        self.published.iter().map(|pair| pair.public.clone()).collect()
    }

    /// What signs.
    pub fn timeline(&self) -> Timeline {
        timeline(&self.published)
    }

    /// What is wrong with the newest key that cannot be used.
    pub fn complaint(&self) -> Option<&str> {
        let newest = self.published.iter().rev().find_map(|p| self.complaints.get(&p.row.kid));
        newest.map(String::as_str)
    }

    /// The keys to be published, with the private halves that are here.
    async fn read(&mut self, rows: &[SigningKeyRow], now: Timestamp) -> Vec<Pair> {
        let mut complaints = BTreeMap::new();
        let mut published = Vec::new();
        for row in rows {
            if !plan::state(row, rows, self.signing, now).is_published() {
                continue;
            }
            let Some(public) = plan::public_key(row) else {
                complaints.insert(row.kid.clone(), "the store has no public key of it".to_owned());
                continue;
            };
            let mut pair = Pair { public, row: row.clone(), minter: None };
            if row.algorithm == self.signing {
                match self.minter(&row.kid).await {
                    Ok(minter) => pair.minter = Some(minter),
                    Err(error) => drop(complaints.insert(row.kid.clone(), error.to_string())),
                }
            }
            published.push(pair);
        }
        self.complain(complaints);
        published
    }

    /// What signs with that key: read once, and then kept.
    async fn minter(&self, kid: &str) -> Result<Arc<Minter>, KeyError> {
        let known = self.published.iter().find(|pair| pair.row.kid == kid);
        if let Some(minter) = known.and_then(|pair| pair.minter.as_ref()) {
            return Ok(Arc::clone(minter));
        }
        let (folder, kid) = (self.folder.clone(), kid.to_owned());
        let key = super::off_async_threads(move || folder.read(&kid)).await?;
        Ok(Arc::new(Minter::asymmetric(&key)))
    }

    fn complain(&mut self, complaints: BTreeMap<String, String>) {
        for (kid, complaint) in &complaints {
            if self.complaints.get(kid) != Some(complaint) {
                tracing::error!(%kid, "cannot use a signing key: {complaint}");
            }
        }
        self.complaints = complaints;
    }
}

async fn list(store: &Store) -> Result<Vec<SigningKeyRow>, KeyError> {
    Ok(signing_keys::list(&mut *store.read().await?).await?)
}

fn timeline(pairs: &[Pair]) -> Timeline {
    let minters =
        pairs.iter().filter_map(|p| Some((p.row.signs_at, Arc::clone(p.minter.as_ref()?))));
    Timeline::new(minters.collect())
}

/// What makes a difference to whoever signs or verifies.
fn summary(pairs: &[Pair]) -> Vec<(&str, Timestamp, bool)> {
    pairs.iter().map(|p| (&*p.row.kid, p.row.signs_at, p.minter.is_some())).collect()
}
