//! `auth-server store`: the database as a whole.

use clap::Subcommand;
use scopegate_settings::database::Database;
use scopegate_store::{CopiedTable, StoreOptions, sqlite_url};
use serde::Serialize;

use super::{CliError, output};
use crate::{app, config::Config};

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Copy everything into another database, which has to be empty
    Copy {
        /// The database to copy into, such as `postgres://scopegate@db/scopegate`; the password may
        /// come from the variable PGPASSWORD
        #[arg(long, value_name = "URL")]
        to: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// A copied table as programs read it.
#[derive(Debug, Serialize)]
struct TableView {
    table: &'static str,
    rows: u64,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: StoreCommand) -> Result<(), CliError> {
    match command {
        StoreCommand::Copy { to, json } => copy(config, &to, json).await,
    }
}

async fn copy(config: &Config, to: &str, json: bool) -> Result<(), CliError> {
    let to = Database::parse(to)
        .map_err(|error| CliError::refused(format_args!("--to: {error}")))?
        .url(sqlite_url);
    let options = StoreOptions { url: to, synchronous: app::synchronous(config) };
    let copied = scopegate_store::copy(&app::database_url(config), &options).await?;
    if json {
        let view = |table: CopiedTable| TableView { table: table.name, rows: table.rows };
        return output::json(&copied.into_iter().map(view).collect::<Vec<_>>());
    }
    let rows: Vec<_> =
        copied.iter().map(|table| [table.name.to_owned(), table.rows.to_string()]).collect();
    output::print(&output::table(["TABLE", "ROWS"], &rows))
}
