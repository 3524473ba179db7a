//! `auth-server audit`: who did what, as the store has it.

use std::{collections::HashSet, time::Duration};

use clap::Args;
use scopegate_settings::duration;
use scopegate_store::{
    Reader,
    audit::{self, Entry, Filter},
};
use serde::Serialize;

use super::{CliError, access, output};
use crate::{audit::Reason, config::Config};

/// How often `--follow` looks, and how far back: refusals are written a moment after they happened.
const PAUSE: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_mins(2);

/// How many entries one look of `--follow` shows at most.
const AT_ONCE: u32 = 10_000;

/// The arguments of `audit`.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// Only the last part, such as 24h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    since: Option<Duration>,
    /// Only what is about this user
    #[arg(long, value_name = "USERNAME")]
    subject: Option<String>,
    /// Only what is about this client
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// Only this kind: `token` shows `token.password` too
    #[arg(long)]
    event: Option<String>,
    /// Only the request with this x-request-id
    #[arg(long, value_name = "REQUEST_ID")]
    request: Option<String>,
    /// How many at most: the newest, the last of them last
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
    /// Go on, and show what comes
    #[arg(long)]
    follow: bool,
    /// Print JSON; with --follow an object a line
    #[arg(long)]
    json: bool,
}

/// An entry as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct EntryView {
    at: String,
    event: String,
    outcome: &'static str,
    reason: Option<String>,
    actor: Option<String>,
    subject: Option<String>,
    client_id: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
    detail: Option<String>,
}

/// Shows the entries.
pub(super) async fn run(config: &Config, args: AuditArgs) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let filter = Filter {
        since: args.since.map(|since| access::now().minus(since)),
        subject: args.subject,
        client_id: args.client,
        event: args.event,
        request_id: args.request,
    };
    let shown = if args.follow {
        follow(&reader, filter, args.limit, args.json).await
    } else {
        let found = audit::latest(&mut *reader.read().await?, &filter, args.limit).await?;
        let views: Vec<_> = found.into_iter().map(EntryView::from).collect();
        if args.json { output::json(&views) } else { output::print(&table(&views)) }
    };
    reader.close().await;
    shown
}

/// Shows what there is, then what comes, until it is interrupted.
async fn follow(
    reader: &Reader,
    mut filter: Filter,
    mut limit: u32,
    json: bool,
) -> Result<(), CliError> {
    let mut seen = HashSet::new();
    loop {
        let found = audit::latest(&mut *reader.read().await?, &filter, limit).await?;
        let ids = found.iter().map(|entry| entry.id.clone()).collect();
        for entry in found.into_iter().filter(|entry| !seen.contains(&entry.id)) {
            let view = EntryView::from(entry);
            let line = if json { view.line()? } else { view.row().join("  ") };
            output::print(&line)?;
        }
        seen = ids;
        (filter.since, limit) = (Some(access::now().minus(LATE)), AT_ONCE);
        tokio::time::sleep(PAUSE).await;
    }
}

fn table(views: &[EntryView]) -> String {
    let rows: Vec<_> = views.iter().map(EntryView::row).collect();
    let heads = ["TIME", "EVENT", "OUTCOME", "USER", "CLIENT", "FROM", "DETAIL", "REQUEST"];
    output::table(heads, &rows)
}

impl EntryView {
    fn row(&self) -> [String; 8] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            self.at.clone(),
            self.event.clone(),
            self.outcome.to_owned(),
            text(&self.subject),
            text(&self.client_id),
            self.actor.clone().unwrap_or_else(|| text(&self.address)),
            self.told(),
            text(&self.request_id),
        ]
    }

    /// The reason in words, and the detail.
    fn told(&self) -> String {
        let words = |code: &String| match Reason::parse(code) {
            Some(reason) => reason.words().to_owned(),
            None => code.clone(),
        };
        let parts = [self.reason.as_ref().map(words), self.detail.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn line(&self) -> Result<String, CliError> {
        Ok(serde_json::to_string(self).map_err(std::io::Error::other)?)
    }
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            at: output::time(entry.at),
            event: entry.event,
            outcome: entry.outcome.as_str(),
            reason: entry.reason,
            actor: entry.actor,
            subject: entry.subject,
            client_id: entry.client_id,
            address: entry.address,
            request_id: entry.request_id,
            detail: entry.detail,
        }
    }
}
