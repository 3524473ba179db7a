//! `auth-server client`: the programs that ask for tokens.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use scopegate_settings::duration;
use scopegate_store::clients::Consent;

use super::CliError;
use crate::config::Config;

mod add;
mod change;
mod secret;
mod view;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Add a client; a secret is made and shown once, unless it is public
    Add(add::AddArgs),
    /// List all clients
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one client
    Show {
        /// Which
        client_id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change what a client is called and may do
    Set(change::SetArgs),
    /// Let a disabled client in again; what was revoked stays revoked
    Enable {
        /// Which
        client_id: String,
    },
    /// Shut a client out and revoke everything that was issued to it
    Disable {
        /// Which
        client_id: String,
    },
    /// Give a client a new secret, made and shown once
    RotateSecret {
        /// Which
        client_id: String,
        /// How long the old secret still counts, such as 24h
        #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
        keep_old: Option<Duration>,
        #[command(flatten)]
        source: secret::SecretSource,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a client; its id is never given out again
    Delete {
        /// Which
        client_id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What a client may do.
#[derive(Debug, Args)]
pub(super) struct RightsArgs {
    /// What its users read
    #[arg(long)]
    name: Option<String>,
    /// Grant types: `password`, `authorization_code`, `client_credentials`, `refresh_token`
    #[arg(long, value_name = "GRANTS")]
    grants: Option<Vec<String>>,
    /// The most it may ask for, such as "me items"
    #[arg(long, value_name = "SCOPES")]
    scopes: Option<Vec<String>>,
    /// Where its codes may be sent, character by character; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Option<Vec<String>>,
    /// Whether its users are asked: ask, or skip for first-party programs
    #[arg(long, value_enum)]
    consent: Option<ConsentArg>,
}

/// Whether a client's users are asked.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ConsentArg {
    /// They are asked
    Ask,
    /// They are not: the program is of the same house
    Skip,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: ClientCommand) -> Result<(), CliError> {
    match command {
        ClientCommand::Add(args) => add::run(config, args).await,
        ClientCommand::List { json } => view::list(config, json).await,
        ClientCommand::Show { client_id, json } => view::show(config, &client_id, json).await,
        ClientCommand::Set(args) => change::set(config, args).await,
        ClientCommand::Enable { client_id } => change::set_disabled(config, client_id, false).await,
        ClientCommand::Disable { client_id } => change::set_disabled(config, client_id, true).await,
        ClientCommand::RotateSecret { client_id, keep_old, source, json } => {
            secret::rotate(config, client_id, keep_old, &source, json).await
        }
        ClientCommand::Delete { client_id, yes } => change::delete(config, client_id, yes).await,
    }
}

/// Grant types as arguments: one each, or several in one, separated by spaces or commas.
fn parse_grants(arguments: &[String]) -> Vec<String> {
    let mut grants: Vec<String> = arguments
        .iter()
        .flat_map(|argument| argument.split([' ', ',']))
        .filter(|grant| !grant.is_empty())
        .map(str::to_owned)
        .collect();
    grants.sort_unstable();
    grants.dedup();
    grants
}

impl From<ConsentArg> for Consent {
    fn from(argument: ConsentArg) -> Self {
        match argument {
            ConsentArg::Ask => Self::Ask,
            ConsentArg::Skip => Self::Skip,
        }
    }
}
