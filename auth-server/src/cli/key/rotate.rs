//! `auth-server key rotate`

use std::path::{Path, PathBuf};

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use serde::Serialize;

use super::RotateArgs;
use crate::{
    cli::{CliError, access, output},
    config::Config,
    keys::{
        folder::KeyFolder,
        rotation::{KeyChange, Rotation},
        shared_lines::{self, SharedLines},
    },
};

/// A new key as programs read it.
#[derive(Debug, Serialize)]
struct NewKeyView<'a> {
    kid: &'a str,
    algorithm: &'static str,
    /// `null` for HS256: a few seconds after the servers have read it.
    signs_at: Option<String>,
    /// The file that other auth-servers need, too.
    file: PathBuf,
}

/// Makes the next key.
pub(super) async fn run(config: &Config, args: &RotateArgs) -> Result<(), CliError> {
    match args.alg.unwrap_or(config.keys.signing_alg) {
        Algorithm::Hs256 => shared(config, args).await,
        algorithm => pair(config, args, algorithm).await,
    }
}

async fn shared(config: &Config, args: &RotateArgs) -> Result<(), CliError> {
    let store = super::store(config).await?;
    let path = &config.keys.shared_key_file;
    let kid = match SharedLines::open(path)? {
        Some(lines) => lines.rotate()?,
        None => first_line(path)?,
    };
    super::tell(store, "key.rotate", &kid).await?;
    if args.json {
        let view = NewKeyView { kid: &kid, algorithm: "HS256", signs_at: None, file: path.clone() };
        return output::json(&view);
    }
    output::print(&format!(
        "key \"{kid}\" made: the first line of {}, which signs 5 seconds after it is read",
        path.display()
    ))
}

fn first_line(path: &Path) -> Result<String, CliError> {
    shared_lines::create(path)?;
    let lines = SharedLines::open(path)?;
    let kid = lines.as_ref().and_then(|lines| lines.kids().next().map(str::to_owned));
    kid.ok_or_else(|| CliError::refused(format_args!("{}: somebody took it away", path.display())))
}

async fn pair(config: &Config, args: &RotateArgs, algorithm: Algorithm) -> Result<(), CliError> {
    let now = access::now();
    let signs_at = if args.now { now } else { now.plus(config.keys.signing_key_lead) };
    let folder = KeyFolder::new(&config.keys.signing_dir);
    let store = access::any(config).await?;
    let entry = access::entry("key.rotate");
    let change = KeyChange { store: &store, folder: &folder, now, entry };
    let rotated = change.rotate(algorithm, signs_at).await;
    store.close().await;
    let kid = match rotated? {
        Rotation::Made(kid) => kid,
        Rotation::Waiting(kid) => {
            return Err(CliError::refused(format_args!(
                "key \"{kid}\" for {algorithm} waits and has not signed yet; \
                 `auth-server key list` shows it"
            )));
        }
    };
    let file = folder.path(&kid);
    if args.json {
        let (algorithm, signs_at) = (algorithm.as_str(), Some(output::time(signs_at)));
        return output::json(&NewKeyView { kid: &kid, algorithm, signs_at, file });
    }
    output::print(&format!("key \"{kid}\" made: {}", begins(config, algorithm, signs_at)))?;
    output::print(&format!("Other replicas need its private half, too: {}", file.display()))
}

fn begins(config: &Config, algorithm: Algorithm, signs_at: Timestamp) -> String {
    let from = output::time(signs_at);
    if config.keys.signing_alg == algorithm {
        format!("{algorithm}, published now, signs from {from} on")
    } else {
        format!("{algorithm}, published now, signs from {from} on where signing-alg is {algorithm}")
    }
}
