//! `auth-server key list`

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use scopegate_store::signing_keys::{self, SigningKeyRow};
use serde::Serialize;

use crate::{
    cli::{CliError, access, output},
    config::Config,
    keys::{
        folder::KeyFolder,
        plan::{self, KeyState},
        shared_lines::SharedLines,
    },
};

/// A key as programs read it.
#[derive(Debug, Serialize)]
struct KeyView {
    kid: String,
    algorithm: &'static str,
    state: &'static str,
    /// Since when it is in that state; `null` where that is not known.
    since: Option<String>,
    /// Until when; `null` where that is open.
    until: Option<String>,
    /// Whether its private half is on this machine.
    private_key_here: bool,
}

/// Lists all keys.
pub(super) async fn run(config: &Config, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let rows = signing_keys::list(&mut *reader.read().await?).await;
    reader.close().await;
    let mut views = shared(config)?;
    views.extend(pairs(config, &rows?, access::now()));
    if json {
        return output::json(&views);
    }
    let rows: Vec<_> = views.into_iter().map(KeyView::row).collect();
    let heads = ["KID", "ALGORITHM", "STATE", "SINCE", "UNTIL", "PRIVATE KEY"];
    output::print(&output::table(heads, &rows))
}

/// The lines of the shared-key file, which tells no times.
fn shared(config: &Config) -> Result<Vec<KeyView>, CliError> {
    if !config.keys.verify_algs.contains(&Algorithm::Hs256) {
        return Ok(Vec::new());
    }
    let Some(lines) = SharedLines::open(&config.keys.shared_key_file)? else {
        return Ok(Vec::new());
    };
    let signs = config.keys.signing_alg == Algorithm::Hs256;
    let view = |(at, kid): (usize, &str)| KeyView {
        kid: kid.to_owned(),
        algorithm: Algorithm::Hs256.as_str(),
        state: if signs && at == 0 { "signing" } else { "verifying" },
        since: None,
        until: None,
        private_key_here: true,
    };
    Ok(lines.kids().enumerate().map(view).collect())
}

fn pairs(config: &Config, rows: &[SigningKeyRow], now: Timestamp) -> Vec<KeyView> {
    let folder = KeyFolder::new(&config.keys.signing_dir);
    let view = |row: &SigningKeyRow| {
        let state = plan::state(row, rows, config.keys.signing_alg, now);
        // Those who come after it; none counts that is retired.
        let mut later = rows
            .iter()
            .filter(|r| r.algorithm == row.algorithm && r.retired_at.is_none())
            .map(|r| r.signs_at)
            .filter(|signs_at| *signs_at > row.signs_at);
        let (word, since, until) = match state {
            KeyState::Next => ("next", Some(row.created_at), Some(row.signs_at)),
            KeyState::Signing => {
                ("signing", Some(row.signs_at), later.find(|signs_at| *signs_at > now))
            }
            KeyState::Verifying { until } => ("verifying", later.next(), Some(until)),
            KeyState::Expired => ("expired", row.tokens_until, None),
            KeyState::Retired { since } => ("retired", Some(since), None),
        };
        KeyView {
            kid: row.kid.clone(),
            algorithm: row.algorithm.as_str(),
            state: word,
            since: since.filter(|since| *since <= now).map(output::time),
            until: until.filter(|until| *until > now).map(output::time),
            private_key_here: folder.holds(&row.kid),
        }
    };
    rows.iter().map(view).collect()
}

impl KeyView {
    fn row(self) -> [String; 6] {
        let here = match (self.private_key_here, self.state) {
            (true, _) => "here",
            (false, "retired") => "",
            (false, _) => "missing",
        };
        [
            self.kid,
            self.algorithm.to_owned(),
            self.state.to_owned(),
            self.since.unwrap_or_default(),
            self.until.unwrap_or_default(),
            here.to_owned(),
        ]
    }
}
