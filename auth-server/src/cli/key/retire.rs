//! `auth-server key retire`

use scopegate_store::Store;

use crate::{
    cli::{CliError, access, output},
    config::Config,
    keys::{
        folder::KeyFolder,
        rotation::{KeyChange, Retirement},
        shared_lines::SharedLines,
    },
};

/// Retires a key.
pub(super) async fn run(config: &Config, kid: &str, at_once: bool) -> Result<(), CliError> {
    let store = super::store(config).await?;
    let mut retired = match &store {
        Some(store) => pair(config, store, kid, at_once).await?,
        None => Retirement::Unknown,
    };
    let is_pair = retired != Retirement::Unknown;
    if !is_pair {
        retired = shared(config, kid, at_once)?;
    }
    if !is_pair && matches!(retired, Retirement::Done { .. }) {
        super::tell(store, "key.retire", kid).await?;
    } else if let Some(store) = store {
        store.close().await;
    }
    report(config, kid, retired, is_pair)
}

fn report(config: &Config, kid: &str, retired: Retirement, is_pair: bool) -> Result<(), CliError> {
    let kid = kid.escape_debug();
    match retired {
        Retirement::Done { successor: None } => output::print(&format!("key \"{kid}\" retired")),
        Retirement::Done { successor: Some(successor) } => {
            output::print(&format!("key \"{kid}\" retired; key \"{successor}\" signs now"))?;
            if !is_pair {
                return Ok(());
            }
            let file = KeyFolder::new(&config.keys.signing_dir).path(&successor);
            output::print(&format!("Other replicas need its private half, too: {}", file.display()))
        }
        Retirement::Signs => Err(CliError::refused(format_args!(
            "key \"{kid}\" signs; `auth-server key rotate` makes the one that follows, and this one \
             can go when its last token has expired; --now takes it out at once with all its tokens"
        ))),
        Retirement::Needed { until } => Err(CliError::refused(format_args!(
            "tokens that key \"{kid}\" signed may live until {}; --now takes it out at once with \
             all its tokens",
            output::time(until)
        ))),
        Retirement::Before { since } => Err(CliError::refused(format_args!(
            "key \"{kid}\" was retired at {}",
            output::time(since)
        ))),
        Retirement::Unknown => Err(CliError::refused(format_args!(
            "key \"{kid}\" does not exist; `auth-server key list` shows which do"
        ))),
    }
}

async fn pair(
    config: &Config,
    store: &Store,
    kid: &str,
    at_once: bool,
) -> Result<Retirement, CliError> {
    let folder = KeyFolder::new(&config.keys.signing_dir);
    let entry = access::entry("key.retire");
    let change = KeyChange { store, folder: &folder, now: access::now(), entry };
    Ok(change.retire(config.keys.signing_alg, kid, at_once).await?)
}

fn shared(config: &Config, kid: &str, at_once: bool) -> Result<Retirement, CliError> {
    let Some(lines) = SharedLines::open(&config.keys.shared_key_file)? else {
        return Ok(Retirement::Unknown);
    };
    let lifetime = config.tokens.access_token_ttl;
    Ok(lines.retire(kid, at_once, lifetime, access::now())?)
}
