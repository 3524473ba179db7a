//! The three-way merge as a pure function: the file's values, those applied last, those in the store.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    entry::{Entry, Value},
    error::Kind,
};

/// The field under which it is remembered that an entry was applied, whatever fields it names.
pub(super) const ENTRY: &str = "";

/// An entry of the file, each of its fields with the mark by which its value is remembered.
#[derive(Debug)]
pub(super) struct Wanted {
    key: Key,
    fields: Vec<WantedField>,
    mark: String,
}

#[derive(Debug)]
struct WantedField {
    name: &'static str,
    value: Value,
    mark: String,
}

/// Kind and name of an entry.
pub(super) type Key = (Kind, String);

/// The marks of what was applied last, by entry, then by field.
pub(super) type Applied = HashMap<Key, BTreeMap<String, String>>;

/// What the store holds of the file's entries: each field in its text form.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The entries that are there.
    pub(super) there: HashMap<Key, BTreeMap<&'static str, String>>,
    /// Those that a command deleted, whoever made them.
    pub(super) deleted: HashSet<Key>,
}

/// What to do about one entry of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Which entry, counted as in the file.
    pub(super) at: usize,
    pub(super) action: Action,
    /// Fields that a command changed since they were applied, and that stay so.
    pub(super) left: Vec<&'static str>,
    /// Marks to remember, by field.
    pub(super) marks: Vec<(&'static str, String)>,
}

/// What a step does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The entry is new.
    Add,
    /// The file's values of these fields are new.
    Change(Vec<&'static str>),
    /// Nothing to do.
    Leave,
    /// A command deleted the entry.
    Skip,
}

impl Wanted {
    /// The entry, marked by `mark(kind, entry, field, value)`.
    pub(super) fn of(entry: &Entry, mark: impl Fn(&str, &str, &str, &str) -> String) -> Self {
        let (kind, name) = (entry.kind(), entry.name());
        let mark = |field: &str, value: &str| mark(kind.as_str(), name, field, value);
        let fields = entry.fields().into_iter().map(|field| WantedField {
            name: field.name,
            mark: mark(field.name, field.value.remembered()),
            value: field.value,
        });
        Self { key: (kind, name.to_owned()), fields: fields.collect(), mark: mark(ENTRY, "") }
    }
}

impl Step {
    /// Whether the step writes anything.
    pub(super) fn is_idle(&self) -> bool {
        self.marks.is_empty() && matches!(self.action, Action::Leave | Action::Skip)
    }
}

/// Decides what to do about each entry of the file, in the file's order.
pub(super) fn plan(wanted: &[Wanted], applied: &Applied, held: &Held) -> Vec<Step> {
    let nothing = BTreeMap::new();
    wanted
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let marks = applied.get(&entry.key).unwrap_or(&nothing);
            match held.there.get(&entry.key) {
                Some(held) => merge(at, entry, marks, held),
                None if marks.contains_key(ENTRY) || held.deleted.contains(&entry.key) => skip(at),
                None => add(at, entry),
            }
        })
        .collect()
}

fn skip(at: usize) -> Step {
    Step { at, action: Action::Skip, left: Vec::new(), marks: Vec::new() }
}

fn add(at: usize, entry: &Wanted) -> Step {
    let fields = entry.fields.iter().map(|field| (field.name, field.mark.clone()));
    let marks = fields.chain([(ENTRY, entry.mark.clone())]).collect();
    Step { at, action: Action::Add, left: Vec::new(), marks }
}

fn merge(
    at: usize,
    entry: &Wanted,
    applied: &BTreeMap<String, String>,
    held: &BTreeMap<&'static str, String>,
) -> Step {
    let mut step = Step { at, action: Action::Leave, left: Vec::new(), marks: Vec::new() };
    let mut changed = Vec::new();
    if !applied.contains_key(ENTRY) {
        step.marks.push((ENTRY, entry.mark.clone()));
    }
    for field in &entry.fields {
        let same = held.get(field.name).is_some_and(|held| field.value.is(held));
        if applied.get(field.name) == Some(&field.mark) {
            // A login replaces a weak hash, so a hash that differs tells of no command.
            if !same && field.name != "password" {
                step.left.push(field.name);
            }
            continue;
        }
        step.marks.push((field.name, field.mark.clone()));
        if !same {
            changed.push(field.name);
        }
    }
    if !changed.is_empty() {
        step.action = Action::Change(changed);
    }
    step
}

#[cfg(test)]
mod tests;
