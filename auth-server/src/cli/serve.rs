//! `auth-server serve`: starts logging, then the server.

use scopegate_service::logging;
use scopegate_settings::choice::LogFormat;

use super::CliError;
use crate::{config::Config, serve};

/// Runs the server until it is told to stop.
pub(super) async fn run(config: Config) -> Result<(), CliError> {
    logging::start(match config.logging.format {
        LogFormat::Text => logging::Format::Text,
        LogFormat::Json => logging::Format::Json,
    });
    for name in &config.logging.unknown_variables {
        tracing::warn!("{name} is set, but there is no such setting");
    }
    Ok(serve::run(config).await?)
}
