//! Applying a file: plan, prepare what takes time, then one transaction that plans again.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use scopegate_core::clock::{Clock, SystemClock, Timestamp};
use scopegate_store::{Connection, Reader, Store, StoreError, clients};

use super::{
    ApplyError, File,
    entry::Password,
    error::Refusal,
    plan::{self, Step, Wanted},
    report::Report,
    review::review,
    secret_file::SecretFile,
    state::State,
    write::{self, Need, Prepared, need},
};
use crate::{audit, config::Config, identity::Hasher, keys::ServerKey};

/// How often the preparations are made again because other commands changed the entries meanwhile.
const ATTEMPTS: usize = 5;

/// Applies files to one store.
pub struct Applier<'a> {
    /// The store.
    pub store: &'a Store,
    /// The key of the marks by which applied values are remembered.
    pub server_key: &'a ServerKey,
    /// Hashes the passwords that a file gives.
    pub hasher: &'a Hasher,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The folder of what is auth-server's alone; secrets that were made go to `clients/` in it.
    pub private_dir: PathBuf,
}

/// What a transaction came to.
enum Attempt {
    /// These steps were made.
    Done(Vec<Step>),
    /// The plan needs something that was not prepared; nothing was written.
    Unprepared,
    /// The outcome would not be sound; nothing was written.
    Refused(Refusal),
}

/// Applies the file that `serve` was given, and logs what that changed.
pub async fn at_start(
    store: &Store,
    server_key: &ServerKey,
    hasher: &Hasher,
    config: &Config,
    path: &Path,
) -> Result<(), ApplyError> {
    let file = File::read(path, config.http.issuer.is_loopback())?;
    let private_dir = config.private_dir();
    let applier = Applier { store, server_key, hasher, clock: &SystemClock, private_dir };
    let report = applier.apply(file).await?;
    for line in report.to_string().lines() {
        tracing::info!(file = %path.display(), "apply: {line}");
    }
    Ok(())
}

/// Says what applying the file would do. Without a store everything is new.
pub async fn dry_run(
    store: Option<&Reader>,
    server_key: Option<&ServerKey>,
    file: &File,
) -> Result<Report, ApplyError> {
    let state = match store {
        Some(store) => State::read(&mut *store.read().await?, file.entries()).await?,
        None => State::default(),
    };
    let steps = plan(&wanted(file, server_key), file, &state)?;
    Ok(Report::new(true, file.entries(), steps))
}

impl Applier<'_> {
    /// Applies the file: everything in one transaction, or nothing.
    pub async fn apply(&self, file: File) -> Result<Report, ApplyError> {
        let file = Arc::new(file);
        let wanted = Arc::new(wanted(&file, Some(self.server_key)));
        let mut made = HashMap::new();
        let mut prepared = Prepared::default();
        for _ in 0..ATTEMPTS {
            let state = State::read(&mut *self.store.read().await?, file.entries()).await?;
            match plan(&wanted, &file, &state) {
                Ok(steps) if steps.iter().all(Step::is_idle) => {
                    return self.finish(&file, steps, made).await;
                }
                Ok(steps) => self.prepare(&file, &steps, &mut prepared, &mut made).await?,
                // Another program may have written while this was read: the transaction decides.
                Err(_) => {}
            }
            match self.write(&file, &wanted, &prepared).await {
                Ok(Attempt::Done(steps)) => return self.finish(&file, steps, made).await,
                Ok(Attempt::Refused(refusal)) => return Err(refusal.into()),
                // A command took the same name at the same moment.
                Ok(Attempt::Unprepared) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ApplyError::Contended)
    }

    /// Makes hashes and secrets: no transaction waits for them.
    async fn prepare(
        &self,
        file: &File,
        steps: &[Step],
        prepared: &mut Prepared,
        made: &mut HashMap<String, SecretFile>,
    ) -> Result<(), ApplyError> {
        for step in steps {
            let Some(need) = need(&file.entries()[step.at], &step.action) else { continue };
            if prepared.meets(&need) {
                continue;
            }
            match need {
                Need::Hash(user) => {
                    if let Some(Password::Plain(password)) = &user.password {
                        let hash = self.hasher.hash(password.clone()).await?;
                        prepared.hashes.insert(user.username.as_str().to_owned(), hash);
                    }
                }
                Need::Secret(client) => {
                    let secret = SecretFile::keep(&self.private_dir, &client.id)?;
                    let id = client.id.as_str().to_owned();
                    prepared.secrets.insert(id.clone(), secret.sha256.clone());
                    made.insert(id, secret);
                }
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        file: &Arc<File>,
        wanted: &Arc<Vec<Wanted>>,
        prepared: &Prepared,
    ) -> Result<Attempt, StoreError> {
        let (file, wanted, prepared) = (Arc::clone(file), Arc::clone(wanted), prepared.clone());
        let now = self.clock.now();
        self.store
            .write(move |conn| {
                Box::pin(async move { attempt(conn, &file, &wanted, &prepared, now).await })
            })
            .await
    }

    /// Clears away secrets that another program's apply made superfluous, and reports.
    async fn finish(
        &self,
        file: &File,
        steps: Vec<Step>,
        made: HashMap<String, SecretFile>,
    ) -> Result<Report, ApplyError> {
        let mut report = Report::new(false, file.entries(), steps);
        for (id, secret) in made {
            let client = clients::find(&mut *self.store.read().await?, &id).await?;
            secret.discard_unless(client.as_ref().and_then(|c| c.secret_sha256.as_deref()));
            report.set_secret_file(&id, secret.path);
        }
        Ok(report)
    }
}

/// One transaction: what was read before may have changed, so it plans again.
async fn attempt(
    conn: &mut Connection,
    file: &File,
    wanted: &[Wanted],
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Attempt, StoreError> {
    write::lock(conn).await?;
    let state = State::read(conn, file.entries()).await?;
    let steps = match plan(wanted, file, &state) {
        Ok(steps) => steps,
        Err(refusal) => return Ok(Attempt::Refused(refusal)),
    };
    let entries = file.entries();
    let unmet = |step: &Step| {
        need(&entries[step.at], &step.action).is_some_and(|need| !prepared.meets(&need))
    };
    if steps.iter().any(unmet) {
        return Ok(Attempt::Unprepared);
    }
    for step in &steps {
        write::step(conn, &entries[step.at], step, prepared, now).await?;
        if let Some(told) = write::told(&entries[step.at], step, now) {
            audit::record(conn, &told).await?;
        }
    }
    Ok(Attempt::Done(steps))
}

fn plan(wanted: &[Wanted], file: &File, state: &State) -> Result<Vec<Step>, Refusal> {
    let steps = plan::plan(wanted, &state.applied, &state.held(file.entries()));
    review(file.entries(), &steps, state)?;
    Ok(steps)
}

/// The entries with their marks. Without a key nothing was applied yet, and no mark is compared.
fn wanted(file: &File, server_key: Option<&ServerKey>) -> Vec<Wanted> {
    let mark = |kind: &str, entry: &str, field: &str, value: &str| {
        server_key.map_or_else(String::new, |key| key.applied(kind, entry, field, value))
    };
    file.entries().iter().map(|entry| Wanted::of(entry, mark)).collect()
}
