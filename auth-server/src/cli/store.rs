//! `auth-server store`: the database as a whole.

use clap::Subcommand;
use scopegate_core::clock::SystemClock;
use scopegate_settings::database::Database;
use scopegate_store::{
    CopiedTable, Store, StoreOptions, Successors, Voided, signing_keys::NewSigningKey, sqlite_url,
    void,
};
use serde::Serialize;

use super::{CliError, access, input, output};
use crate::{
    app,
    audit::{self, Entry},
    config::Config,
    id,
    keys::{folder::KeyFolder, renewal::Renewal},
};

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
    /// End every login and refuse every token, as after a restore by other means than `restore`
    ///
    /// Servers may run meanwhile. Users, clients and consents stay; everybody signs in again.
    VoidTokens {
        /// Leave the shared key file alone: it cannot be written here, and holds a new key already
        #[arg(long)]
        shared_key_is_new: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// A copied table as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct TableView {
    table: &'static str,
    rows: u64,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: StoreCommand) -> Result<(), CliError> {
    match command {
        StoreCommand::Copy { to, json } => copy(config, &to, json).await,
        StoreCommand::VoidTokens { shared_key_is_new, yes } => {
            input::confirm(yes, "End every login and refuse every token?")?;
            let renewal = Renewal { keys: &config.keys, is_shared_new: shared_key_is_new };
            void_tokens(config, renewal).await
        }
    }
}

async fn copy(config: &Config, to: &str, json: bool) -> Result<(), CliError> {
    let to = Database::parse(to)
        .map_err(|error| CliError::refused(format_args!("--to: {error}")))?
        .url(sqlite_url);
    let options = StoreOptions { url: to, synchronous: app::synchronous(config) };
    let copied = scopegate_store::copy(&app::database_url(config), &options).await?;
    if json {
        return output::json(&copied.into_iter().map(TableView::from).collect::<Vec<_>>());
    }
    let rows: Vec<_> =
        copied.iter().map(|table| [table.name.to_owned(), table.rows.to_string()]).collect();
    output::print(&output::table(["TABLE", "ROWS"], &rows))
}

/// Ends everything that was issued. The keys come first: what an old one signs meanwhile is void.
async fn void_tokens(config: &Config, renewal: Renewal<'_>) -> Result<(), CliError> {
    let store = access::existing(config).await?;
    let voided = void_in(&store, renewal).await;
    store.close().await;
    let (ended, pair) = voided?;
    output::print(&told_void(&renewal, &ended, pair.as_ref()))
}

async fn void_in(
    store: &Store,
    renewal: Renewal<'_>,
) -> Result<(Voided, Option<NewSigningKey>), CliError> {
    renewal.check()?;
    let pair = renewal.make_pair(access::now()).await?;
    if let Err(error) = renewal.renew_shared() {
        renewal.unmake(pair.as_ref());
        return Err(error.into());
    }
    let successors = Successors { incarnation: id::audit(), signing_key: pair.clone() };
    let entry =
        |told: &str| Entry { detail: audit::detail(told), ..access::entry("store.void-tokens") };
    let ended = void(store, &SystemClock, successors, entry("begun")).await?;
    let Voided { grants, sessions, .. } = ended;
    let entry = entry(&format!("done: {grants} logins and {sessions} browser sessions ended"));
    store.write(move |conn| Box::pin(async move { audit::record(conn, &entry).await })).await?;
    Ok((ended, pair))
}

/// What ended, and what is to be done about it.
pub(super) fn told_void(
    renewal: &Renewal<'_>,
    ended: &Voided,
    pair: Option<&NewSigningKey>,
) -> String {
    let (logins, sessions) = (ended.grants, ended.sessions);
    let mut lines = vec![format!(
        "every login and token from before is void here: {logins} logins and {sessions} browser \
         sessions ended"
    )];
    lines.extend(pair.map(|NewSigningKey { kid, .. }| {
        let file = KeyFolder::new(&renewal.keys.signing_dir).path(kid);
        let file = file.display();
        format!("key \"{kid}\" signs now; other replicas need its private half, too: {file}")
    }));
    lines.extend(renewal.told_shared());
    lines.join("\n")
}

impl From<CopiedTable> for TableView {
    fn from(table: CopiedTable) -> Self {
        Self { table: table.name, rows: table.rows }
    }
}
