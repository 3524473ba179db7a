//! What signs and what verifies now: read anew in the background, asked by every request.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{
    algorithm::Algorithm,
    clock::{Clock, Timestamp},
    jwk::JwkSet,
    mint::Minter,
    verify::VerifyingKeys,
};
use scopegate_store::Store;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::{KeyError, folder::KeyFolder, pairs::Pairs, shared::SharedKeyFile, timeline::Timeline};
use crate::{config::KeyConfig, fault::Fault, metrics::SigningKeyAge};

/// How often files and store are looked at.
const POLL: Duration = Duration::from_secs(1);

/// The longest that a verifier may keep the public keys.
const MAX_AGE: Duration = Duration::from_mins(5);

/// The keys in use. Asking takes no lock and copies no key.
pub struct SigningKeys {
    config: KeyConfig,
    in_force: ArcSwap<InForce>,
    /// Where HS256 signs or is accepted. Its own lock: a store that does not answer holds no file up.
    shared: Option<Mutex<SharedKeyFile>>,
    pairs: Mutex<KnownPairs>,
}

/// The public keys as they are published (RFC 7517 §5).
#[derive(Debug)]
pub struct Published {
    /// The key set, as JSON.
    pub document: String,
    /// Names this content (RFC 9110 §8.8.3), quotes included.
    pub etag: String,
}

struct InForce {
    parts: Parts,
    timeline: Timeline,
    verifying: Arc<VerifyingKeys>,
    published: Arc<Published>,
}

/// What each source gives: what signs, and what verifies.
#[derive(Clone)]
struct Parts {
    shared: Option<(Timeline, VerifyingKeys)>,
    pairs: (Timeline, JwkSet),
}

struct KnownPairs {
    pairs: Pairs,
    /// The last reason why the store could not be read: said once.
    trouble: Option<String>,
    /// The last reason why a key that nothing needs is still there: said once.
    leftover: Option<String>,
}

impl SigningKeys {
    /// Reads the keys, and makes the first one where there is none. `token_lifetime` is that of an
    /// access token.
    pub async fn open(
        config: &KeyConfig,
        token_lifetime: Duration,
        store: &Store,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let shared = if config.verify_algs.contains(&Algorithm::Hs256) {
            Some(SharedKeyFile::load_or_create(&config.shared_key_file)?)
        } else {
            None
        };
        let folder = KeyFolder::new(&config.signing_dir);
        let mut pairs = Pairs::new(config.signing_alg, folder, token_lifetime);
        pairs.refresh(store, now).await?;
        let parts = Parts { shared: shared.as_ref().map(of_file), pairs: of_pairs(&pairs) };
        let in_force = InForce::new(config, parts);
        if in_force.timeline.at(now).is_none() {
            let complaint = pairs.complaint().unwrap_or("there is no key to sign with");
            return Err(KeyError::Unusable(complaint.to_owned()));
        }
        Ok(Self {
            config: config.clone(),
            in_force: ArcSwap::from_pointee(in_force),
            shared: shared.map(Mutex::new),
            pairs: Mutex::new(KnownPairs { pairs, trouble: None, leftover: None }),
        })
    }

    /// What signs now. A fault that passes where the private half of no key is here.
    pub fn minter(&self, now: Timestamp) -> Result<Arc<Minter>, Fault> {
        let in_force = self.in_force.load();
        let minter = in_force.timeline.at(now).map(Arc::clone);
        minter.ok_or_else(|| Fault::passing("mint", "no private key to sign with is here"))
    }

    /// How old the key is that signs now.
    pub fn age(&self, now: Timestamp) -> Option<SigningKeyAge> {
        let in_force = self.in_force.load();
        let kid = in_force.timeline.at(now)?.kid().to_owned();
        let (since, next) = in_force.timeline.around(now)?;
        Some(SigningKeyAge {
            algorithm: self.config.signing_alg.as_str(),
            kid,
            age: between(since, now),
            next_in: next.map(|next| between(now, next)),
        })
    }

    /// What verifies our own tokens: the keys of the algorithms that are accepted.
    pub fn verifying(&self) -> Arc<VerifyingKeys> {
        Arc::clone(&self.in_force.load().verifying)
    }

    /// The public keys for everybody else, of every algorithm.
    pub fn published(&self) -> Arc<Published> {
        Arc::clone(&self.in_force.load().published)
    }

    /// How long a verifier may keep the public keys: it has to see a new one before it signs.
    pub fn max_age(&self) -> Duration {
        (self.config.signing_key_lead / 2).clamp(Duration::from_secs(1), MAX_AGE)
    }

    /// Reads file and store again. What cannot be read leaves the known keys in force and says so.
    pub async fn refresh(&self, store: &Store, now: Timestamp) {
        tokio::join!(self.refresh_shared(now), self.refresh_pairs(store, now));
    }

    /// Looks at file and store for as long as the program runs.
    pub async fn watch(&self, store: &Store, clock: &dyn Clock) {
        tokio::join!(self.watch_shared(clock), self.watch_pairs(store, clock));
    }

    async fn watch_shared(&self, clock: &dyn Clock) {
        let mut seconds = every_second();
        loop {
            seconds.tick().await;
            self.refresh_shared(clock.now()).await;
        }
    }

    async fn watch_pairs(&self, store: &Store, clock: &dyn Clock) {
        let mut seconds = every_second();
        loop {
            seconds.tick().await;
            self.refresh_pairs(store, clock.now()).await;
        }
    }

    async fn refresh_shared(&self, now: Timestamp) {
        let Some(shared) = &self.shared else { return };
        let mut file = shared.lock().await;
        if file.reload(now).await {
            self.put(&|parts| parts.shared = Some(of_file(&file)));
        }
    }

    async fn refresh_pairs(&self, store: &Store, now: Timestamp) {
        let mut known = self.pairs.lock().await;
        match known.pairs.refresh(store, now).await {
            Ok(is_changed) => {
                known.trouble = None;
                if is_changed {
                    self.put(&|parts| parts.pairs = of_pairs(&known.pairs));
                    self.in_force.load().report(now);
                }
                known.tidy(store, now).await;
            }
            Err(error) => known.complain(error.to_string()),
        }
    }

    fn put(&self, change: &dyn Fn(&mut Parts)) {
        self.in_force.rcu(|old| {
            let mut parts = old.parts.clone();
            change(&mut parts);
            InForce::new(&self.config, parts)
        });
    }
}

/// Nothing where `until` comes first.
fn between(since: Timestamp, until: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(until.millis() - since.millis()).unwrap_or(0))
}

fn every_second() -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks
}

fn of_file(file: &SharedKeyFile) -> (Timeline, VerifyingKeys) {
    (file.timeline(), file.verifying().clone())
}

fn of_pairs(pairs: &Pairs) -> (Timeline, JwkSet) {
    (pairs.timeline(), JwkSet::new(pairs.public()))
}

impl KnownPairs {
    async fn tidy(&mut self, store: &Store, now: Timestamp) {
        let leftover = self.pairs.tidy(store, now).await.err().map(|error| error.to_string());
        if let Some(leftover) = leftover.as_ref().filter(|_| leftover != self.leftover) {
            tracing::warn!("a signing key that counts no more is still there: {leftover}");
        }
        self.leftover = leftover;
    }

    fn complain(&mut self, trouble: String) {
        if self.trouble.as_ref() != Some(&trouble) {
            tracing::warn!("signing keys not read: {trouble}; the known keys stay in force");
            self.trouble = Some(trouble);
        }
    }
}

impl InForce {
    fn new(config: &KeyConfig, parts: Parts) -> Self {
        let (pairs, set) = &parts.pairs;
        let mut verifying = VerifyingKeys::public(set);
        let mut timeline = pairs;
        if let Some((lines, keys)) = &parts.shared {
            verifying = verifying.and(keys.clone());
            if config.signing_alg == Algorithm::Hs256 {
                timeline = lines;
            }
        }
        Self {
            timeline: timeline.clone(),
            verifying: Arc::new(verifying.only(&config.verify_algs)),
            published: Arc::new(Published::new(set)),
            parts,
        }
    }

    fn report(&self, now: Timestamp) {
        let signing = self.timeline.at(now).map(|minter| minter.kid());
        let verifying: Vec<_> = self.verifying.kids().collect();
        if let Some(kid) = signing {
            tracing::info!(%kid, ?verifying, "signing keys read again");
        } else {
            tracing::error!(?verifying, "no key to sign with; no token is issued");
        }
    }
}

impl Published {
    fn new(set: &JwkSet) -> Self {
        let document = serde_json::to_string(set).expect("texts become JSON");
        let digest = Sha256::digest(&document);
        Self { etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16])), document }
    }
}
