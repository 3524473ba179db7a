//! What a command prints: an aligned table for people, JSON for programs.

use std::io;

use chrono::{DateTime, SecondsFormat};
use scopegate_core::clock::Timestamp;
use scopegate_service::program;
use serde::Serialize;

use super::CliError;

/// Prints the text and a line break. A reader that has gone, as `head` does, is no mistake.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    Ok(program::print(text)?)
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    print(&serde_json::to_string_pretty(value).map_err(io::Error::other)?)
}

/// Rows under their heads, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| visible(cell))).collect();
    let mut widths = heads.map(|head| head.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heads = heads.map(str::to_owned);
    std::iter::once(&heads).chain(&rows).map(line).collect::<Vec<_>>().join("\n")
}

/// One property a line, the names as wide as the widest.
pub(super) fn properties(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let line = |(name, value): &(&str, String)| {
        format!("{name:width$}  {}", visible(value)).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A moment as RFC 3339 writes it, in UTC.
pub(super) fn time(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.millis())
        .map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}

/// The word for a switch.
pub(super) const fn yes_no(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

/// The text without characters that would move a terminal's cursor; `-` where there is none.
fn visible(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_by_characters_and_shows_nothing_invisible() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let table =
            table(["NAME", "TEXT"], &[row("josé", "x"), row("a", "\u{1b}[31m"), row("longer", "")]);
        assert_eq!(table, "NAME    TEXT\njosé    x\na       \u{fffd}[31m\nlonger  -");
    }

    #[test]
    fn properties_stand_under_each_other() {
        let rows = [("id", "web".to_owned()), ("name", "Web app".to_owned())];
        assert_eq!(properties(&rows), "id    web\nname  Web app");
    }

    #[test]
    fn a_moment_is_written_as_rfc_3339() {
        assert_eq!(time(Timestamp::from_seconds(1_700_000_000)), "2023-11-14T22:13:20Z");
    }
}
