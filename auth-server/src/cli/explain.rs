//! `auth-server explain`: what lies behind the id on an error page, in words.

use clap::Args;
use scopegate_store::audit::{self, Entry, Filter, Outcome};

use super::{CliError, access, audit::EntryView, output};
use crate::{
    audit::{Event, Reason},
    config::Config,
};

/// How many entries of one id are told: a proxy may give the same one to several requests.
const MOST: u32 = 20;

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The id on the page, or the `x-request-id` of the answer
    request_id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Says what happened.
pub(super) async fn run(config: &Config, args: ExplainArgs) -> Result<(), CliError> {
    let id = args.request_id.trim().to_owned();
    let reader = access::reader(config).await?;
    let filter = Filter { request_id: Some(id.clone()), ..Filter::default() };
    let found = audit::latest(&mut *reader.read().await?, &filter, MOST).await;
    reader.close().await;
    let found = found?;
    if found.is_empty() {
        return Err(CliError::refused(format_args!(
            "nothing is known of the request \"{}\": it changed nothing and was refused nothing, \
             as with a page that does not exist, or it is longer ago than audit-keep, or less than \
             a second; the log may have lines with its id",
            id.escape_debug()
        )));
    }
    if args.json {
        return output::json(&found.into_iter().map(EntryView::from).collect::<Vec<_>>());
    }
    output::print(&found.iter().map(told).collect::<Vec<_>>().join("\n\n"))
}

/// One entry: when, what, why, who, and what to do.
fn told(entry: &Entry) -> String {
    let mut lines = vec![format!("On {}: {}.", output::time(entry.at), what(entry))];
    let reason = entry.reason.as_deref();
    let known = reason.and_then(Reason::parse);
    if let Some(code) = reason {
        lines.push(format!("The reason: {}.", known.map_or(code, |known| known.words())));
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut rows = vec![
        ("user", text(&entry.subject)),
        ("client", text(&entry.client_id)),
        ("from", text(&entry.address)),
        ("by", text(&entry.actor)),
        ("detail", text(&entry.detail)),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    if !rows.is_empty() {
        lines.push(output::properties(&rows));
    }
    let advice = known.map(Reason::advice).unwrap_or_default();
    if !advice.is_empty() {
        lines.push(format!("What helps: {advice}"));
    }
    lines.join("\n")
}

fn what(entry: &Entry) -> String {
    let words = Event::parse(&entry.event).map_or(entry.event.as_str(), |event| event.words());
    match entry.outcome {
        Outcome::Done => format!("{words}, and it was done"),
        Outcome::Refused => format!("{words}, and it was refused"),
        Outcome::Failed => format!("{words}, and the server failed to do it"),
    }
}
