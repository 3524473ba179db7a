//! `auth-server migrate`: creates the database, or brings it up to this version.

use super::{CliError, output};
use crate::{app, config::Config};

/// Migrates, also where the settings tell `serve` not to.
pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    let mut config = config.clone();
    config.store.no_migrate = false;
    // No server key is made here: it belongs to the machine that serves, which may be another.
    app::open_database(&config).await?.close().await;
    output::print("the database is up to date")
}
