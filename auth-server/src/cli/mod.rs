//! The command line: one file a command, and the words in which it answers.
//!
//! | module | what it holds |
//! |---|---|
//! | `user` `client` `scope` | what an operator sets up |
//! | `key` | the keys that sign |
//! | `apply` `migrate` `store` `serve` | the store as a whole, and the server |
//! | `backup` `restore` | the store in one file, and back |
//! | `audit` `explain` | what happened, and what an error page's id stands for |
//! | `doctor` | what may be wrong |
//! | `error` | a refusal, in one line |
//! | `access` | opening the store, beside a running server or without one |
//! | `input` | secrets from a prompt or standard input; confirmations |
//! | `output` | tables and JSON on standard output |

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use scopegate_service::{healthcheck, program};
use scopegate_settings::page;

use crate::{
    config::{Config, PROGRAM},
    http::openapi,
};

mod access;
mod apply;
mod audit;
mod backup;
mod client;
mod doctor;
mod error;
mod explain;
mod input;
mod key;
mod migrate;
mod output;
mod restore;
mod scope;
mod serve;
mod store;
mod user;

pub use error::CliError;

/// OAuth 2 authorization server: checks users and clients and issues scoped access tokens
#[derive(Debug, Parser)]
#[command(
    name = "auth-server",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Create the database or bring it up to this version
    Migrate,
    /// Bring a TOML file of scopes, clients, users and items into the database
    Apply(apply::ApplyArgs),
    /// Add, list and change users
    #[command(subcommand)]
    User(user::UserCommand),
    /// Add, list and change clients: the programs that ask for tokens
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Add, list and change scopes: what tokens may be used for
    #[command(subcommand)]
    Scope(scope::ScopeCommand),
    /// List, rotate and retire the keys that sign access tokens
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Write the database and the keys into one file, while servers run
    Backup(backup::BackupArgs),
    /// Put a backup in place, with every token from before void unless told otherwise
    ///
    /// Stop auth-server first. Logins, sessions and tokens end, because the backup does not know
    /// which of them were revoked since it was made.
    Restore(restore::RestoreArgs),
    /// Move the database as a whole, or end everything that it has issued
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Show who did what: logins, tokens, consents, revocations, commands
    Audit(audit::AuditArgs),
    /// Say what lies behind the id on an error page
    Explain(explain::ExplainArgs),
    /// Look at everything that may be wrong, and say what mends it; exit 0 if there is no problem
    Doctor(doctor::DoctorArgs),
    /// Ask the running server whether it is ready; exit 0 if it is
    Healthcheck,
    /// Print the description of the API (OpenAPI, JSON)
    Openapi,
    /// Print this program's own settings (Markdown)
    Settings,
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The command with its subcommands and settings.
pub fn command() -> clap::Command {
    Config::add_flags(CommandLine::command())
}

/// Runs the command that was given.
pub async fn run(matches: &ArgMatches) -> Result<(), CliError> {
    let line = CommandLine::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
    if let Command::Completions { shell } = line.command {
        return completions(shell);
    }
    if let Command::Doctor(args) = line.command {
        return doctor::run(Config::load(matches), &args).await;
    }
    let config = Config::load(matches)?;
    if !matches!(line.command, Command::Serve) {
        for name in &config.logging.unknown_variables {
            let line = format_args!("warning: {name} is set, but there is no such setting");
            program::say("auth-server", &line);
        }
    }
    match line.command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => migrate::run(&config).await,
        Command::Apply(args) => apply::run(&config, args).await,
        Command::User(command) => user::run(&config, command).await,
        Command::Client(command) => client::run(&config, command).await,
        Command::Scope(command) => scope::run(&config, command).await,
        Command::Key(command) => key::run(&config, command).await,
        Command::Backup(args) => backup::run(&config, args).await,
        Command::Restore(args) => restore::run(config, args).await,
        Command::Store(command) => store::run(&config, command).await,
        Command::Audit(args) => audit::run(&config, args).await,
        Command::Explain(args) => explain::run(&config, args).await,
        Command::Healthcheck => Ok(healthcheck::ask(config.http.listen).await?),
        Command::Openapi => output::json(&openapi::document(config.http.issuer.as_str(), &[])),
        Command::Settings => output::print(&page::of_program(&PROGRAM)),
        Command::Doctor(args) => doctor::run(Ok(config), &args).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "auth-server", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}

#[cfg(test)]
mod tests;
