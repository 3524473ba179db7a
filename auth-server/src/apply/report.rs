//! What an apply did, or would do, for people and for programs.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use super::{
    entry::Entry,
    error::Kind,
    plan::{Action, Step},
};

/// What was done about each entry of the file, in the order in which it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was written, because nobody asked for it.
    pub dry_run: bool,
    /// One for each entry.
    pub entries: Vec<Line>,
}

/// What was done about one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `scope`, `client`, `user` or `item`.
    pub kind: &'static str,
    /// The entry's name.
    pub name: String,
    /// What was done.
    pub outcome: Outcome,
    /// The fields that were changed.
    pub changed: Vec<&'static str>,
    /// Fields that a command changed since they were applied, and that stay so.
    pub left: Vec<&'static str>,
    /// Where the secret is that was made for a client.
    pub secret_file: Option<PathBuf>,
}

/// What was done about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is new.
    Added,
    /// Some fields were set.
    Changed,
    /// Nothing.
    Unchanged,
    /// Nothing, because a command deleted it.
    Skipped,
}

impl Report {
    pub(super) fn new(dry_run: bool, entries: &[Entry], steps: Vec<Step>) -> Self {
        let lines = steps.into_iter().map(|step| Line::new(&entries[step.at], step));
        Self { dry_run, entries: lines.collect() }
    }

    /// Whether every entry is as it was.
    pub fn is_unchanged(&self) -> bool {
        !self.entries.iter().any(|line| matches!(line.outcome, Outcome::Added | Outcome::Changed))
    }

    pub(super) fn set_secret_file(&mut self, client: &str, path: PathBuf) {
        let added = |line: &&mut Line| {
            line.kind == Kind::Client.as_str()
                && line.name == client
                && line.outcome == Outcome::Added
        };
        if let Some(line) = self.entries.iter_mut().find(added) {
            line.secret_file = Some(path);
        }
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.entries.iter().filter(|line| line.outcome == outcome).count()
    }
}

impl Line {
    fn new(entry: &Entry, step: Step) -> Self {
        let (outcome, changed) = match step.action {
            Action::Add => (Outcome::Added, Vec::new()),
            Action::Change(fields) => (Outcome::Changed, fields),
            Action::Leave => (Outcome::Unchanged, Vec::new()),
            Action::Skip => (Outcome::Skipped, Vec::new()),
        };
        Self {
            kind: entry.kind().as_str(),
            name: entry.name().to_owned(),
            outcome,
            changed,
            left: step.left,
            secret_file: None,
        }
    }

    /// The sentences about the entry; none where there is nothing to say.
    pub fn sentences(&self) -> Vec<String> {
        let entry = format!("{} \"{}\"", self.kind, self.name.escape_debug());
        let mut sentences = Vec::new();
        match (self.outcome, &self.secret_file) {
            (Outcome::Added, Some(path)) => {
                sentences.push(format!("adds {entry}, its secret in {}", path.display()));
            }
            (Outcome::Added, None) => sentences.push(format!("adds {entry}")),
            (Outcome::Changed, _) => {
                sentences.push(format!("changes {entry}: {}", self.changed.join(", ")));
            }
            (Outcome::Skipped, _) => {
                sentences.push(format!("skips {entry}: a command deleted it"));
            }
            (Outcome::Unchanged, _) => {}
        }
        if !self.left.is_empty() {
            let fields = self.left.join(", ");
            sentences.push(format!("leaves {entry}: a command changed {fields}"));
        }
        sentences
    }
}

/// A sentence a line, then the sum.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sentence in self.entries.iter().flat_map(Line::sentences) {
            writeln!(f, "{sentence}")?;
        }
        if self.is_unchanged() {
            f.write_str("nothing to change")?;
        } else {
            let [added, changed, unchanged, skipped] =
                [Outcome::Added, Outcome::Changed, Outcome::Unchanged, Outcome::Skipped]
                    .map(|outcome| self.count(outcome));
            write!(f, "{added} added, {changed} changed, {unchanged} as they were")?;
            if skipped > 0 {
                write!(f, ", {skipped} skipped")?;
            }
        }
        if self.dry_run { f.write_str(" (dry run: nothing was written)") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &'static str, outcome: Outcome) -> Line {
        let name = "web".to_owned();
        Line { kind, name, outcome, changed: vec![], left: vec![], secret_file: None }
    }

    #[test]
    fn a_report_says_what_was_added_changed_left_and_skipped() {
        let mut client = line("client", Outcome::Added);
        client.secret_file = Some("data/private/clients/web.secret".into());
        let mut user = line("user", Outcome::Changed);
        user.changed = vec!["full_name", "email"];
        user.left = vec!["disabled"];
        let entries =
            vec![line("scope", Outcome::Unchanged), client, user, line("item", Outcome::Skipped)];
        assert_eq!(
            Report { dry_run: true, entries }.to_string(),
            "adds client \"web\", its secret in data/private/clients/web.secret\n\
             changes user \"web\": full_name, email\n\
             leaves user \"web\": a command changed disabled\n\
             skips item \"web\": a command deleted it\n\
             1 added, 1 changed, 1 as they were, 1 skipped (dry run: nothing was written)"
        );
    }

    #[test]
    fn a_second_run_says_that_there_is_nothing_to_change() {
        let entries = vec![line("scope", Outcome::Unchanged)];
        assert_eq!(Report { dry_run: false, entries }.to_string(), "nothing to change");
    }

    #[test]
    fn programs_read_the_same_as_json() {
        let entries = vec![line("scope", Outcome::Added)];
        let json = serde_json::to_value(Report { dry_run: false, entries }).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"dry_run": false, "entries": [{
                "kind": "scope", "name": "web", "outcome": "added",
                "changed": [], "left": [], "secret_file": null,
            }]})
        );
    }
}
