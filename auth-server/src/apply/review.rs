//! Whether the store would be sound after a plan: scopes exist, names are free, clients make sense.

use std::collections::HashSet;

use scopegate_core::scope::Scope;
use scopegate_store::subjects::SubjectKind;

use super::{
    entry::{ClientEntry, ClientSecret, Entry},
    error::{Kind, Refusal},
    plan::{Action, Step},
    state::State,
};
use crate::oauth::registration::{self, Registration};

/// Checks every step that writes; the first fault is the answer.
pub(super) fn review(entries: &[Entry], steps: &[Step], state: &State) -> Result<(), Refusal> {
    let added = |kind| added(entries, steps, kind);
    let review = Review {
        scopes: state.scopes.keys().map(String::as_str).chain(added(Kind::Scope)).collect(),
        owners: state.users.keys().map(String::as_str).chain(added(Kind::User)).collect(),
        state,
    };
    for step in steps {
        let entry = &entries[step.at];
        match &step.action {
            Action::Add => {
                review.check_name(entry)?;
                review.check_entry(entry, None)?;
            }
            Action::Change(fields) => review.check_entry(entry, Some(fields))?,
            Action::Leave | Action::Skip => {}
        }
    }
    Ok(())
}

struct Review<'a> {
    scopes: HashSet<&'a str>,
    owners: HashSet<&'a str>,
    state: &'a State,
}

/// The names of that kind which the plan adds.
fn added<'a>(entries: &'a [Entry], steps: &[Step], kind: Kind) -> impl Iterator<Item = &'a str> {
    steps
        .iter()
        .filter(|step| step.action == Action::Add)
        .map(|step| &entries[step.at])
        .filter(move |entry| entry.kind() == kind)
        .map(Entry::name)
}

impl Review<'_> {
    fn check_name(&self, entry: &Entry) -> Result<(), Refusal> {
        let (Entry::Client(_) | Entry::User(_)) = entry else { return Ok(()) };
        let Some(subject) = self.state.taken.get(entry.name()) else { return Ok(()) };
        let whose = match subject.kind {
            SubjectKind::User => "a user's",
            SubjectKind::Client => "a client's",
        };
        let reason = format!("the name is or was {whose}; no name is given out twice");
        Err(entry.refuse(entry.name_field(), reason))
    }

    /// Checks the fields that are written: these, or all.
    fn check_entry(&self, entry: &Entry, fields: Option<&[&'static str]>) -> Result<(), Refusal> {
        let written = |field: &str| fields.is_none_or(|fields| fields.contains(&field));
        match entry {
            Entry::Client(client) => {
                self.check_scopes(entry, client.scopes.as_ref().filter(|_| written("scopes")))?;
                self.check_client(entry, client, written)
            }
            Entry::User(user) => {
                self.check_scopes(entry, user.scopes.as_ref().filter(|_| written("scopes")))
            }
            Entry::Item(_) if fields.is_some() => {
                Err(entry.refuse("owner", "it belongs to another user, and items do not move"))
            }
            Entry::Item(item) if !self.owners.contains(item.owner.as_str()) => {
                let reason = format!(
                    "there is no user \"{}\"; the file needs a [[user]] of that name",
                    item.owner
                );
                Err(entry.refuse("owner", reason))
            }
            Entry::Scope(_) | Entry::Item(_) => Ok(()),
        }
    }

    fn check_scopes(&self, entry: &Entry, scope: Option<&Scope>) -> Result<(), Refusal> {
        let Some(scope) = scope else { return Ok(()) };
        match scope.iter().find(|token| !self.scopes.contains(token)) {
            Some(unknown) => {
                let reason = format!(
                    "there is no scope \"{unknown}\"; the file needs a [[scope]] of that name, or \
                     run `auth-server scope add {unknown}`"
                );
                Err(entry.refuse("scopes", reason))
            }
            None => Ok(()),
        }
    }

    /// Checks the client as it would be: written fields from the file, the others from the store.
    fn check_client(
        &self,
        entry: &Entry,
        client: &ClientEntry,
        written: impl Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        let held = self.state.clients.get(client.id.as_str());
        let new_secret = client.secret.as_ref().filter(|_| written("secret"));
        if held.is_some() && new_secret == Some(&ClientSecret::Confidential) {
            let reason = "the client has been public; give it a secret or a secret_sha256";
            return Err(entry.refuse("public", reason));
        }
        let public = match new_secret {
            Some(secret) => *secret == ClientSecret::Public,
            None => held.is_some_and(|(client, _)| client.is_public()),
        };
        let grants = client.grants.as_deref().filter(|_| written("grants"));
        let uris = client.redirect_uris.as_deref().filter(|_| written("redirect_uris"));
        let resource_server = client.resource_server.filter(|_| written("resource_server"));
        let registration = Registration {
            public,
            grants: grants.or(held.map(|(client, _)| &*client.grants)).unwrap_or_default(),
            redirect_uris: uris.or(held.map(|(_, uris)| &**uris)).unwrap_or_default(),
            resource_server: resource_server
                .or(held.map(|(client, _)| client.resource_server))
                .unwrap_or_default(),
        };
        registration::check(&registration).map_err(|e| entry.refuse(e.field(), e))
    }
}
