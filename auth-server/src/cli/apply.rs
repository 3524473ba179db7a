//! `auth-server apply`: brings a file into the store, or says what that would do.

use std::path::PathBuf;

use clap::Args;
use scopegate_core::clock::SystemClock;
use scopegate_store::{Reader, StoreError, meta};

use super::{CliError, output};
use crate::{
    app,
    apply::{self, Applier, File, Report},
    config::Config,
    identity::{HashCost, Hasher},
    keys::ServerKey,
};

/// The arguments of `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// The TOML file
    file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Applies the file.
pub(super) async fn run(config: &Config, args: ApplyArgs) -> Result<(), CliError> {
    let file = File::read(&args.file, config.http.issuer.is_loopback())?;
    let report =
        if args.dry_run { dry_run(config, &file).await? } else { write(config, file).await? };
    if args.json { output::json(&report) } else { output::print(&report.to_string()) }
}

async fn write(config: &Config, file: File) -> Result<Report, CliError> {
    let (store, server_key) = app::open_store(config).await?;
    let hasher = Hasher::start(cost(config), config.hashing.queue);
    let applier = Applier {
        store: &store,
        server_key: &server_key,
        hasher: &hasher,
        clock: &SystemClock,
        private_dir: config.private_dir(),
    };
    let report = applier.apply(file).await;
    store.close().await;
    Ok(report?)
}

/// Makes neither a database nor a key: where they are missing, everything is new.
async fn dry_run(config: &Config, file: &File) -> Result<Report, CliError> {
    let reader = match Reader::open(&app::database_url(config)).await {
        Ok(reader) => reader,
        Err(StoreError::NotThere) => return Ok(apply::dry_run(None, None, file).await?),
        Err(error) => return Err(error.into()),
    };
    let server_key = known_key(config, &reader).await?;
    let report = apply::dry_run(Some(&reader), server_key.as_ref(), file).await?;
    reader.close().await;
    Ok(report)
}

/// The key that the store was made with; `None` for a store that was used without a key so far.
async fn known_key(config: &Config, reader: &Reader) -> Result<Option<ServerKey>, CliError> {
    let Some(known) = meta::find(&mut *reader.read().await?, "server_key").await? else {
        return Ok(None);
    };
    Ok(Some(app::known_server_key(config, &known)?))
}

/// What a new hash costs.
pub(super) fn cost(config: &Config) -> HashCost {
    let hashing = &config.hashing;
    HashCost { memory: hashing.memory, time: hashing.time, lanes: hashing.lanes }
}
