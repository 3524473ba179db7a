//! `auth-server backup`: the whole store in one file, with the keys that it cannot live without.

use std::path::{Path, PathBuf};

use clap::Args;
use scopegate_core::clock::Timestamp;
use scopegate_store::{
    CopiedTable,
    backup::{About, Draft},
    meta, restore_wal, signing_keys,
};
use serde::Serialize;

use super::{CliError, access, output, store::TableView};
use crate::{
    app, audit,
    audit::Entry,
    config::Config,
    id,
    keys::carried::{self, Collected},
};

/// The arguments of `backup`.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to make; nothing may be there
    file: PathBuf,
    /// Leave the keys out; a restore then needs the server key in its place
    #[arg(long)]
    without_keys: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A backup as programs read it.
#[derive(Debug, Serialize)]
struct BackupView {
    file: PathBuf,
    made_at: String,
    tables: Vec<TableView>,
    keys: Vec<String>,
    missing_keys: Vec<String>,
}

/// Makes a backup while servers run.
pub(super) async fn run(config: &Config, args: BackupArgs) -> Result<(), CliError> {
    restore_wal(&app::database_url(config)).await?;
    // Also says where there is nothing to back up.
    access::reader(config).await?.close().await;
    let made_at = access::now();
    let unique = id::audit();
    let draft = Draft::take(&app::database_url(config), &args.file, &unique).await?;
    let keys = if args.without_keys { Collected::default() } else { keys(config, &draft).await? };
    let about = About { made_at, program: env!("CARGO_PKG_VERSION").to_owned() };
    let tables = draft.finish(&about, &keys.files).await?;
    tell(config, &args, &keys).await?;
    report(&args, made_at, tables, keys)
}

/// After the rows, so that the file of every key in them was there before.
async fn keys(config: &Config, draft: &Draft) -> Result<Collected, CliError> {
    let mut conn = draft.read().await?;
    if let Some(known) = meta::find(&mut conn, "server_key").await? {
        app::known_server_key(config, &known).map_err(|error| {
            CliError::refused(format_args!("{error}; --without-keys makes a backup without keys"))
        })?;
    }
    let rows = signing_keys::list(&mut conn).await?;
    let living = rows.into_iter().filter(|row| row.retired_at.is_none());
    let kids: Vec<String> = living.map(|row| row.kid).collect();
    Ok(carried::collect(&config.keys, &kids)?)
}

async fn tell(config: &Config, args: &BackupArgs, keys: &Collected) -> Result<(), CliError> {
    let with = if keys.files.is_empty() { "without keys" } else { "with keys" };
    let detail = audit::detail(&format!("{}, {with}", args.file.display()));
    let entry = Entry { detail, ..access::entry("backup") };
    let store = access::existing(config).await?;
    access::write(store, entry, |_| Box::pin(async { Ok(()) })).await
}

fn report(
    args: &BackupArgs,
    made_at: Timestamp,
    tables: Vec<CopiedTable>,
    keys: Collected,
) -> Result<(), CliError> {
    let names: Vec<String> = keys.files.iter().map(|file| file.name.clone()).collect();
    if args.json {
        return output::json(&BackupView {
            file: args.file.clone(),
            made_at: output::time(made_at),
            tables: tables.into_iter().map(TableView::from).collect(),
            keys: names,
            missing_keys: keys.missing,
        });
    }
    let rows: Vec<_> =
        tables.iter().map(|table| [table.name.to_owned(), table.rows.to_string()]).collect();
    output::print(&output::table(["TABLE", "ROWS"], &rows))?;
    for kid in &keys.missing {
        output::print(&format!("not here, and not in the backup: the private key {kid}"))?;
    }
    output::print(&told(&args.file, &names))
}

fn told(file: &Path, keys: &[String]) -> String {
    let file = file.display();
    if keys.is_empty() {
        format!("{file} is there, without keys: keep `server.key` elsewhere, it goes with it")
    } else {
        format!("{file} is there, with the keys {}: whoever reads it holds them", keys.join(", "))
    }
}
