//! `auth-server user`: the people who can log in.

use clap::{Args, Subcommand};
use scopegate_core::scope::{Scope, ScopeError};

use super::CliError;
use crate::config::Config;

mod add;
mod change;
mod password;
mod view;

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; the password is asked for
    Add(add::AddArgs),
    /// List all users
    List {
        /// Only users whose password hash is weaker than the settings ask for
        #[arg(long)]
        weak_hash: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one user
    Show {
        /// Whom
        username: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change a user's full name or e-mail address
    Set {
        /// Whom
        username: String,
        #[command(flatten)]
        profile: ProfileArgs,
    },
    /// Give a user a new password and revoke everything issued before
    SetPassword {
        /// Whom
        username: String,
        #[command(flatten)]
        source: password::PasswordSource,
    },
    /// Set what a user may hand on to clients
    SetScopes {
        /// Whom
        username: String,
        /// The scopes, all of them; "" takes them all away
        #[arg(required = true, value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// Let a disabled user in again; what was revoked stays revoked
    Enable {
        /// Whom
        username: String,
    },
    /// Shut a user out and revoke everything that was issued
    Disable {
        /// Whom
        username: String,
    },
    /// Revoke everything that was issued to a user: they have to log in again
    Revoke {
        /// Whom
        username: String,
    },
    /// Delete a user; the name is never given out again
    Delete {
        /// Whom
        username: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What other people read about a user.
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    /// The full name; "" takes it away
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// The e-mail address; "" takes it away
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: UserCommand) -> Result<(), CliError> {
    match command {
        UserCommand::Add(args) => add::run(config, args).await,
        UserCommand::List { weak_hash, json } => view::list(config, weak_hash, json).await,
        UserCommand::Show { username, json } => view::show(config, &username, json).await,
        UserCommand::Set { username, profile } => change::set(config, username, profile).await,
        UserCommand::SetPassword { username, source } => {
            change::set_password(config, username, source).await
        }
        UserCommand::SetScopes { username, scopes } => {
            change::set_scopes(config, username, &scopes).await
        }
        UserCommand::Enable { username } => change::set_disabled(config, username, false).await,
        UserCommand::Disable { username } => change::set_disabled(config, username, true).await,
        UserCommand::Revoke { username } => change::revoke(config, username).await,
        UserCommand::Delete { username, yes } => change::delete(config, username, yes).await,
    }
}

/// Scopes as arguments: one each, or several in one, separated by spaces.
pub(super) fn parse_scopes(arguments: &[String]) -> Result<Scope, ScopeError> {
    Scope::parse(&arguments.join(" "))
}
