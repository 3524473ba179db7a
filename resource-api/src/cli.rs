//! The command line of resource-api.

use std::io;

use clap::{ArgMatches, Command};
use scopegate_service::{healthcheck, logging, program};
use scopegate_settings::{SettingsError, choice::LogFormat, page};

use crate::{
    config::{Config, PROGRAM},
    docs,
    serve::{self, ServeError},
};

/// Why a command was refused: one line.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The server is not well.
    #[error(transparent)]
    Unhealthy(#[from] healthcheck::Unhealthy),
    /// The document could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The command with its subcommands and settings.
pub fn command() -> Command {
    let command = Command::new("resource-api")
        .about("Resource server: verifies scoped tokens and enforces scopes per route")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("serve").about("Run the server"))
        .subcommand(
            Command::new("healthcheck")
                .about("Ask the running server whether it is ready; exit 0 if it is"),
        )
        .subcommand(
            Command::new("openapi").about("Print the description of the API (OpenAPI, JSON)"),
        )
        .subcommand(Command::new("settings").about("Print this program's own settings (Markdown)"));
    Config::add_flags(command)
}

/// Runs the command that was given.
pub async fn run(matches: &ArgMatches) -> Result<(), CliError> {
    let config = Config::load(matches)?;
    match matches.subcommand_name() {
        Some("serve") => {
            logging::start(match config.log_format {
                LogFormat::Text => logging::Format::Text,
                LogFormat::Json => logging::Format::Json,
            });
            for name in &config.unknown_variables {
                tracing::warn!("{name} is set, but there is no such setting");
            }
            Ok(serve::run(config).await?)
        }
        Some("healthcheck") => Ok(healthcheck::ask(config.listen).await?),
        Some("settings") => Ok(program::print(&page::of_program(&PROGRAM))?),
        _ => {
            let document = docs::document(&config);
            Ok(program::print(&serde_json::to_string_pretty(&document).map_err(io::Error::other)?)?)
        }
    }
}
