//! `auth-server restore`: a backup in the place of the store, and every old token void.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::DateTime;
use clap::Args;
use scopegate_core::clock::SystemClock;
use scopegate_store::{
    StoreOptions, Successors, Voided,
    backup::About,
    meta,
    restore::{Backup, Place, Prepared},
    signing_keys::NewSigningKey,
    sqlite_url, void,
};
use serde::Serialize;

use super::{CliError, access, output};
use crate::{
    app,
    audit::{self, Entry},
    config::Config,
    id,
    keys::{
        carried::{PutBack, Wanted, Written},
        file,
        renewal::Renewal,
    },
};

/// The arguments of `restore`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A file that `auth-server backup` made
    file: PathBuf,
    /// Let logins and tokens go on, for a move to another machine; what was revoked since lives again
    #[arg(long)]
    keep_tokens: bool,
    /// Put it in the place of what the database holds. SQLite: the old file is put aside;
    /// PostgreSQL: the old rows are deleted
    #[arg(long)]
    replace: bool,
    /// Restore into this empty folder alone, to look at a backup, whatever the settings say
    #[arg(long, value_name = "DIR", conflicts_with = "replace")]
    into: Option<PathBuf>,
    /// Leave the shared key file alone: it cannot be written here, and holds a new key already
    #[arg(long, conflicts_with = "keep_tokens")]
    shared_key_is_new: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done, as programs read it.
#[derive(Debug, Serialize)]
struct RestoreView {
    made_at: String,
    program: String,
    tokens: &'static str,
    logins_ended: u64,
    sessions_ended: u64,
    signing_key: Option<String>,
    put_aside: Vec<PathBuf>,
}

/// How the tokens fare.
enum Tokens {
    Kept,
    Void { ended: Voided, pair: Option<NewSigningKey> },
}

/// Restores a backup.
pub(super) async fn run(config: Config, args: RestoreArgs) -> Result<(), CliError> {
    match args.into.clone() {
        Some(folder) => {
            check_empty(&folder)?;
            restore(&config.kept_in(folder), args).await
        }
        None => restore(&config, args).await,
    }
}

/// Only one that is empty holds nothing that somebody uses.
fn check_empty(folder: &Path) -> Result<(), CliError> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(CliError::refused(format_args!("{} is not empty", folder.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CliError::refused(format_args!("{}: {error}", folder.display()))),
    }
}

async fn restore(config: &Config, args: RestoreArgs) -> Result<(), CliError> {
    let backup = Backup::open(&args.file).await?;
    let url = app::database_url(config);
    let options = StoreOptions { url, synchronous: app::synchronous(config) };
    let place = Place::check(&options, args.replace).await?;
    let renewal = Renewal { keys: &config.keys, is_shared_new: args.shared_key_is_new };
    let put_back = check_keys(config, &backup, &args, renewal)?;
    let stamp = stamp();
    let folder = config.keys.server_key_file.parent().unwrap_or(&config.keys.signing_dir);
    let unique = id::audit();
    let work = place.workplace(folder, &unique)?;
    file::make_folder(work.parent().unwrap_or(folder))?;
    file::make_folder(folder)?;
    let prepared = backup.prepare(&work, &Place::scratch(folder, &unique)).await?;
    let tokens = settle(&prepared, &backup, &args, renewal).await?;
    let mut written = Written::default();
    let restored = place.put(prepared, &stamp, || {
        let renewed = if args.keep_tokens { Ok(()) } else { renewal.renew_shared() };
        written = renewed.and_then(|()| put_back.write(&stamp)).map_err(|e| e.to_string())?;
        Ok(())
    });
    match restored.await {
        Ok(restored) => report(renewal, &args, &backup, &tokens, &written, restored.aside),
        Err(error) => {
            written.undo();
            if let Tokens::Void { pair, .. } = &tokens {
                renewal.unmake(pair.as_ref());
            }
            Err(error.into())
        }
    }
}

/// What can be refused before anything is changed.
fn check_keys(
    config: &Config,
    backup: &Backup,
    args: &RestoreArgs,
    renewal: Renewal<'_>,
) -> Result<PutBack, CliError> {
    let wanted = if args.keep_tokens { Wanted::All } else { Wanted::ServerKey };
    let known = backup.server_key();
    let put_back = PutBack::plan(&config.keys, backup.files(), wanted, known)?;
    if let Some(known) = known
        && !put_back.brings(&config.keys.server_key_file)
    {
        app::known_server_key(config, known)?;
    }
    if !args.keep_tokens {
        renewal.check()?;
        renewal.check_against(backup.files())?;
    }
    Ok(put_back)
}

/// Does in the store, before anybody sees it, what becomes of the tokens.
async fn settle(
    prepared: &Prepared,
    backup: &Backup,
    args: &RestoreArgs,
    renewal: Renewal<'_>,
) -> Result<Tokens, CliError> {
    let made_at = output::time(backup.about().made_at);
    let how = if args.keep_tokens { "its tokens kept" } else { "every token void" };
    let detail = audit::detail(&format!("the backup of {made_at}, {how}"));
    let entry = Entry { detail, ..access::entry("restore") };
    let incarnation = id::audit();
    if args.keep_tokens {
        let kept = prepared.store().write(move |conn| {
            Box::pin(async move {
                meta::renew_incarnation(conn, &incarnation).await?;
                audit::record(conn, &entry).await
            })
        });
        kept.await?;
        return Ok(Tokens::Kept);
    }
    let pair = renewal.make_pair(access::now()).await?;
    let successors = Successors { incarnation, signing_key: pair.clone() };
    match void(prepared.store(), &SystemClock, successors, entry).await {
        Ok(ended) => Ok(Tokens::Void { ended, pair }),
        Err(error) => {
            renewal.unmake(pair.as_ref());
            Err(error.into())
        }
    }
}

/// The moment as a part of a file's name.
fn stamp() -> String {
    DateTime::from_timestamp_millis(access::now().millis())
        .map(|moment| moment.format("%Y%m%dT%H%M%S%3fZ").to_string())
        .unwrap_or_default()
}

fn report(
    renewal: Renewal<'_>,
    args: &RestoreArgs,
    backup: &Backup,
    tokens: &Tokens,
    written: &Written,
    database: Option<PathBuf>,
) -> Result<(), CliError> {
    let aside: Vec<_> =
        written.aside().map(Path::to_owned).chain(database.iter().cloned()).collect();
    let About { made_at, program } = backup.about();
    let (ended, pair) = match tokens {
        Tokens::Kept => (Voided::default(), None),
        Tokens::Void { ended, pair } => (*ended, pair.as_ref()),
    };
    if args.json {
        return output::json(&RestoreView {
            made_at: output::time(*made_at),
            program: program.clone(),
            tokens: if args.keep_tokens { "kept" } else { "void" },
            logins_ended: ended.grants,
            sessions_ended: ended.sessions,
            signing_key: pair.map(|pair| pair.kid.clone()),
            put_aside: aside,
        });
    }
    let made_at = output::time(*made_at);
    let mut lines = vec![format!("restored the backup of {made_at}, made by version {program}")];
    if let Some(folder) = &args.into {
        lines.push(format!("it is in {} alone, and no server uses it", folder.display()));
        return output::print(&lines.join("\n"));
    }
    if args.keep_tokens {
        lines.push(
            "logins and tokens of that moment go on, also those that were revoked since: \
             `auth-server store void-tokens` ends them all"
                .to_owned(),
        );
    } else {
        lines.push(super::store::told_void(&renewal, &ended, pair));
    }
    lines.push(told_forgotten(database));
    lines.extend(aside.iter().map(|path| format!("put aside: {}", path.display())));
    output::print(&lines.join("\n"))
}

fn told_forgotten(database: Option<PathBuf>) -> String {
    let look = match database {
        Some(path) => format!(
            "; `auth-server audit --since 30d --database-url {}` shows what was done",
            sqlite_url(&path)
        ),
        None => String::new(),
    };
    format!(
        "forgotten is what was done since: users and clients that were disabled or deleted are \
         back, as are old passwords, client secrets, redirect URIs, scopes, consents and counts of \
         wrong guesses{look}"
    )
}
