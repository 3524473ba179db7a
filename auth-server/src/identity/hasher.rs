//! Password hashing on threads of its own: few, with reused memory, behind a short queue.
//!
//! One hash fills every core with its lanes, so there are as many workers as hashes fit the cores
//! side by side. That gives the throughput of one hash per core at a fraction of the latency and
//! memory (docs/decisions/0006-hashing-is-bounded.md).

use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use super::{HashCost, PasswordHash, demo, password_hash::Scheme};
use crate::{id, metrics::HashMetrics, secret::Secret};

/// What bcrypt takes of a password.
const BCRYPT_BYTES: usize = 72;

/// Hashes passwords; clones share the workers.
#[derive(Clone)]
pub struct Hasher {
    queue: mpsc::SyncSender<Job>,
    cost: HashCost,
    /// What an unknown user's password is checked against: no password matches it.
    nobody: Arc<PasswordHash>,
    knows_demo: bool,
    /// Hashes that may wait, and hashes that may be under way.
    room: (usize, usize),
    metrics: HashMetrics,
}

/// What a check of a password found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password.
    Wrong,
    /// The right one.
    Right,
    /// The right one, against a hash that is too weak: here is the one to keep instead.
    Weak(PasswordHash),
}

/// The queue is full, or the workers are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins are waiting")]
pub struct Busy;

type Job = Box<dyn FnOnce(&mut Arena) + Send>;

/// The memory of one worker, kept from hash to hash: a fresh 64 MiB costs a quarter of the time.
struct Arena {
    blocks: Vec<Block>,
    keep: usize,
}

impl Hasher {
    /// Starts the workers. `waiting` hashes may queue beyond those under way. No password matches a
    /// demo hash, unless [`Self::with_demo_hashes`] says so.
    ///
    /// # Panics
    ///
    /// Where the system lets the program start no thread, or `cost` is beyond what the settings allow.
    pub fn start(cost: HashCost, waiting: usize) -> Self {
        let (queue, jobs) = mpsc::sync_channel::<Job>(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let workers = (cores / cost.lanes as usize).max(1);
        for worker in 0..workers {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(format!("hash-{worker}"))
                .spawn(move || work(&jobs, cost))
                .expect("the system lets a program start its threads");
        }
        Self {
            queue,
            cost,
            nobody: Arc::new(nobody(&cost)),
            knows_demo: false,
            room: (waiting, workers),
            metrics: HashMetrics::default(),
        }
    }

    /// The same hasher, with these metrics.
    #[must_use]
    pub fn counted_by(self, metrics: HashMetrics) -> Self {
        metrics.set_room(self.room.0, self.room.1);
        Self { metrics, ..self }
    }

    /// Whether the demo hashes are verified: only where strangers cannot reach the server.
    #[must_use]
    pub fn with_demo_hashes(self, knows_demo: bool) -> Self {
        Self { knows_demo, ..self }
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, Busy> {
        let cost = self.cost;
        self.run(move |arena| arena.hash(&password, &cost)).await
    }

    /// Checks a password against a hash, and against nobody's hash where there is none, so that an
    /// unknown user costs what a known one does.
    pub async fn verify(
        &self,
        password: Secret,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, Busy> {
        let cost = self.cost;
        let nobody = Arc::clone(&self.nobody);
        let hash = hash.filter(|hash| self.knows_demo || !demo::is_demo(hash));
        self.run(move |arena| match hash {
            Some(hash) if !arena.matches(&password, &hash) => Verdict::Wrong,
            // Under a hash of its own nobody could tell any longer that this is the demo's password.
            Some(hash) if demo::is_demo(&hash) => Verdict::Right,
            Some(hash) if hash.is_weaker_than(&cost) => Verdict::Weak(arena.hash(&password, &cost)),
            Some(_) => Verdict::Right,
            None => {
                arena.matches(&password, &nobody);
                Verdict::Wrong
            }
        })
        .await
    }

    /// Fails where a hash would find no room just now, so that nothing is looked up or counted for it.
    pub fn check_room(&self) -> Result<(), Busy> {
        let (waiting, _) = self.room;
        // A queue of none takes what a worker is free for, which only trying tells.
        if waiting == 0 || self.metrics.waiting() < waiting {
            return Ok(());
        }
        self.metrics.reject();
        Err(Busy)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Arena) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (answer, answered) = oneshot::channel();
        let waiting = self.metrics.wait();
        let job: Job = Box::new(move |arena| {
            // Whoever asked may have hung up while the job was waiting; then nobody needs it.
            if !answer.is_closed() {
                let running = waiting.begin();
                let found = job(arena);
                drop(running);
                // An error means that the asker hung up meanwhile.
                let _ = answer.send(found);
            }
        });
        if self.queue.try_send(job).is_err() {
            self.metrics.reject();
            return Err(Busy);
        }
        answered.await.map_err(|_| Busy)
    }
}

/// How much less of a busy core a hash gets than a request, as `nice` counts it.
const NICE: i32 = 5;

fn work(jobs: &Mutex<mpsc::Receiver<Job>>, cost: HashCost) {
    // For this thread, and for the threads of the lanes, which begin with its first hash. Where the
    // system does not let it, hashes and requests share alike.
    let _ = rustix::process::setpriority_process(None, NICE);
    let mut arena = Arena { blocks: Vec::new(), keep: params(&cost).block_count() };
    loop {
        // The lock is held only while waiting; a poisoned one still guards a sound receiver.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A panic would cost the server one worker for good; the asker sees its answer dropped.
        let run = std::panic::AssertUnwindSafe(|| job(&mut arena));
        if std::panic::catch_unwind(run).is_err() {
            tracing::error!("a password hash failed");
        }
    }
}

impl Arena {
    fn hash(&mut self, password: &Secret, cost: &HashCost) -> PasswordHash {
        let params = params(cost);
        let salt = id::bytes::<16>();
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        self.fill(&argon2, password, &salt, &mut output);
        let phc = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&params).expect("valid parameters print"),
            salt: Some(phc::Salt::new(&salt).expect("16 bytes are a salt")),
            hash: Some(phc::Output::new(&output).expect("32 bytes are an output")),
        };
        PasswordHash::parse(&phc.to_string()).expect("our own hash parses")
    }

    fn matches(&mut self, password: &Secret, hash: &PasswordHash) -> bool {
        match hash.scheme() {
            // bcrypt ignores what comes after its 72 bytes, so a longer password matches nothing; but
            // an answer without the work would tell whose hash is bcrypt.
            Scheme::Bcrypt => {
                let same = bcrypt::verify(password.expose(), hash.as_str()).unwrap_or(false);
                same && password.expose().len() <= BCRYPT_BYTES
            }
            Scheme::Argon2 { algorithm, version, params } => {
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                self.matches_argon2(&argon2, password, hash.as_str())
            }
        }
    }

    fn matches_argon2(&mut self, argon2: &Argon2<'_>, password: &Secret, hash: &str) -> bool {
        let Ok(phc) = phc::PasswordHash::new(hash) else { return false };
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return false };
        let mut output = vec![0; expected.as_bytes().len()];
        self.fill(argon2, password, salt.as_ref(), &mut output)
            && bool::from(output.ct_eq(expected.as_bytes()))
    }

    fn fill(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Secret,
        salt: &[u8],
        out: &mut [u8],
    ) -> bool {
        let blocks = argon2.params().block_count();
        if self.blocks.len() < blocks {
            self.blocks.resize(blocks, Block::default());
        }
        let done = argon2
            .hash_password_into_with_memory(
                password.expose().as_bytes(),
                salt,
                out,
                &mut self.blocks[..blocks],
            )
            .is_ok();
        if self.blocks.len() > self.keep {
            self.blocks.truncate(self.keep);
            self.blocks.shrink_to_fit();
        }
        done
    }
}

fn params(cost: &HashCost) -> Params {
    Params::new(cost.memory, cost.time, cost.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
        .expect("the settings checked the parameters")
}

/// A hash of the configured cost whose output is random: no password is known to match it.
fn nobody(cost: &HashCost) -> PasswordHash {
    let phc = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: phc::ParamsString::try_from(&params(cost)).expect("valid parameters print"),
        salt: Some(phc::Salt::new(&id::bytes::<16>()).expect("16 bytes are a salt")),
        hash: Some(phc::Output::new(&id::bytes::<32>()).expect("32 bytes are an output")),
    };
    PasswordHash::parse(&phc.to_string()).expect("our own hash parses")
}

#[cfg(test)]
mod tests;
