//! `auth-server key`: the keys that sign access tokens.

use clap::{Args, Subcommand};
use scopegate_core::algorithm::Algorithm;
use scopegate_store::Store;

use super::{CliError, access};
use crate::{
    audit::{self, Entry},
    config::Config,
    keys::KeyError,
};

mod list;
mod retire;
mod rotate;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List all keys: which signs, which will, and which still verify
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the key that follows the present one
    Rotate(RotateArgs),
    /// Take a key out that no live token needs
    Retire {
        /// Which
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Take it out whatever it signed, as one that has leaked; a key that signs is replaced
        #[arg(long)]
        now: bool,
    },
}

/// What to make.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// For which algorithm: `EdDSA`, `ES256`, `RS256` or `HS256`; the one that signs unless given
    #[arg(long, value_name = "ALG")]
    alg: Option<Algorithm>,
    /// Let it sign at once, before resource servers have heard of it
    #[arg(long)]
    now: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: KeyCommand) -> Result<(), CliError> {
    match command {
        KeyCommand::List { json } => list::run(config, json).await,
        KeyCommand::Rotate(args) => rotate::run(config, &args).await,
        KeyCommand::Retire { kid, now } => retire::run(config, &kid, now).await,
    }
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => error.into(),
            other => Self::Start(other.into()),
        }
    }
}

/// The store, where there is one: the shared-key file can do without.
async fn store(config: &Config) -> Result<Option<Store>, CliError> {
    match access::existing(config).await {
        Ok(store) => Ok(Some(store)),
        Err(CliError::NoDatabase) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells the audit log of a change of the shared-key file, which no transaction made.
async fn tell(store: Option<Store>, event: &str, kid: &str) -> Result<(), CliError> {
    let Some(store) = store else { return Ok(()) };
    let detail = audit::detail(&format!("key {kid}, HS256"));
    let entry = Entry { detail, ..access::entry(event) };
    access::write(store, entry, |_| Box::pin(async { Ok(()) })).await
}
