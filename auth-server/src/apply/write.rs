//! The steps of a plan as calls of the store, inside one transaction.

use std::collections::HashMap;

use scopegate_core::clock::Timestamp;
use scopegate_store::{
    Connection, StoreError,
    applied::{self, AppliedField},
    clients::{self, ClientChange, NewClient},
    items::{self, Item},
    scopes,
    users::{self, NewUser},
};

use super::{
    entry::{ClientEntry, ClientSecret, Entry, Password, UserEntry},
    plan::{Action, Step},
};
use crate::{
    audit::{self, Entry as Told},
    identity::PasswordHash,
};

/// What was made before the transaction, because it takes time or leaves traces.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    /// Hashes of the passwords that the file gives, by username.
    pub(super) hashes: HashMap<String, PasswordHash>,
    /// Digests of the secrets that were made, by client id.
    pub(super) secrets: HashMap<String, String>,
}

/// Something that a step needs before the transaction.
#[derive(Debug)]
pub(super) enum Need<'a> {
    /// The hash of a password.
    Hash(&'a UserEntry),
    /// A first secret.
    Secret(&'a ClientEntry),
}

/// What the step needs, if anything.
pub(super) fn need<'a>(entry: &'a Entry, action: &Action) -> Option<Need<'a>> {
    match (entry, action) {
        (Entry::Client(client), Action::Add)
            if matches!(client.secret, None | Some(ClientSecret::Confidential)) =>
        {
            Some(Need::Secret(client))
        }
        (Entry::User(user), Action::Add) => plain(user).then_some(Need::Hash(user)),
        (Entry::User(user), Action::Change(fields)) => {
            (plain(user) && fields.contains(&"password")).then_some(Need::Hash(user))
        }
        _ => None,
    }
}

const fn plain(user: &UserEntry) -> bool {
    matches!(user.password, Some(Password::Plain(_)))
}

impl Prepared {
    /// Whether the need is met.
    pub(super) fn meets(&self, need: &Need<'_>) -> bool {
        match need {
            Need::Hash(user) => self.hashes.contains_key(user.username.as_str()),
            Need::Secret(client) => self.secrets.contains_key(client.id.as_str()),
        }
    }

    fn hash_of<'a>(&'a self, user: &'a UserEntry) -> Option<&'a PasswordHash> {
        match &user.password {
            None => None,
            Some(Password::Hash(hash)) => Some(hash),
            Some(Password::Plain(_)) => self.hashes.get(user.username.as_str()),
        }
    }

    fn secret_of(&self, client: &ClientEntry) -> Option<String> {
        match &client.secret {
            Some(ClientSecret::Public) => None,
            Some(ClientSecret::Sha256(sha256)) => Some(sha256.clone()),
            None | Some(ClientSecret::Confidential) => {
                self.secrets.get(client.id.as_str()).cloned()
            }
        }
    }
}

/// Makes appliers that run at the same moment wait for each other: the row stays locked until the
/// commit. The first statement of the transaction.
pub(super) async fn lock(conn: &mut Connection) -> Result<(), StoreError> {
    let row = AppliedField { kind: "lock".to_owned(), entry: String::new(), field: String::new() };
    applied::put(conn, &row, "").await
}

/// Writes one step; what it needs has been prepared.
pub(super) async fn step(
    conn: &mut Connection,
    entry: &Entry,
    step: &Step,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    match &step.action {
        Action::Add => add(conn, entry, prepared, now).await?,
        Action::Change(fields) => change(conn, entry, fields, prepared, now).await?,
        Action::Leave | Action::Skip => {}
    }
    for (field, mark) in &step.marks {
        let at = AppliedField {
            kind: entry.kind().as_str().to_owned(),
            entry: entry.name().to_owned(),
            field: (*field).to_owned(),
        };
        applied::put(conn, &at, mark).await?;
    }
    Ok(())
}

/// What the audit log tells of a step; `None` where nothing was done.
pub(super) fn told(entry: &Entry, step: &Step, now: Timestamp) -> Option<Told> {
    let (verb, fields) = match &step.action {
        Action::Add => ("add", String::new()),
        Action::Change(fields) => ("set", fields.join(", ")),
        Action::Leave | Action::Skip => return None,
    };
    let name = || Some(entry.name().to_owned());
    let (subject, client_id, detail) = match entry {
        Entry::User(_) => (name(), None, fields),
        Entry::Client(_) => (None, name(), fields),
        Entry::Scope(_) => (None, None, format!("scope {} {fields}", entry.name())),
        Entry::Item(_) => (None, None, format!("item {} {fields}", entry.name())),
    };
    let event = format!("{}.{verb}", entry.kind().as_str());
    let detail = audit::detail(detail.trim_end());
    Some(Told { subject, client_id, detail, ..audit::by_operator(now, "apply", event) })
}

async fn add(
    conn: &mut Connection,
    entry: &Entry,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    match entry {
        Entry::Scope(scope) => {
            let description = scope.description.as_deref().unwrap_or_default();
            scopes::add(conn, &scope.name, description, now).await
        }
        Entry::Client(client) => clients::add(conn, &new_client(client, prepared), now).await,
        Entry::User(user) => users::add(conn, &new_user(user, prepared), now).await,
        Entry::Item(item) => {
            let item =
                Item { item_id: item.item_id.clone(), owner: item.owner.as_str().to_owned() };
            items::add(conn, &item).await
        }
    }
}

fn new_client(client: &ClientEntry, prepared: &Prepared) -> NewClient {
    let id = client.id.as_str();
    NewClient {
        client_id: id.to_owned(),
        name: client.name.clone().unwrap_or_else(|| id.to_owned()),
        secret_sha256: prepared.secret_of(client),
        grants: client.grants.clone().unwrap_or_default(),
        scopes: client.scopes.clone().unwrap_or_default(),
        redirect_uris: client.redirect_uris.clone().unwrap_or_default(),
        consent: client.consent.unwrap_or_default(),
        resource_server: client.resource_server.unwrap_or_default(),
        disabled: client.disabled.unwrap_or_default(),
    }
}

fn new_user(user: &UserEntry, prepared: &Prepared) -> NewUser {
    NewUser {
        username: user.username.as_str().to_owned(),
        full_name: user.full_name.clone().filter(|text| !text.is_empty()),
        email: user.email.clone().filter(|text| !text.is_empty()),
        password_hash: prepared.hash_of(user).map(|hash| hash.as_str().to_owned()),
        scopes: user.scopes.clone().unwrap_or_default(),
        disabled: user.disabled.unwrap_or_default(),
    }
}

async fn change(
    conn: &mut Connection,
    entry: &Entry,
    fields: &[&'static str],
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    match entry {
        Entry::Scope(scope) => {
            let description = scope.description.as_deref().unwrap_or_default();
            scopes::set(conn, &scope.name, description).await.map(drop)
        }
        Entry::Client(client) => change_client(conn, client, fields, prepared, now).await,
        Entry::User(user) => change_user(conn, user, fields, prepared, now).await,
        // The review refuses it.
        Entry::Item(_) => Ok(()),
    }
}

async fn change_client(
    conn: &mut Connection,
    client: &ClientEntry,
    fields: &[&'static str],
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = client.id.as_str();
    let changes = |field: &str| fields.contains(&field);
    let change = ClientChange {
        name: client.name.clone().filter(|_| changes("name")),
        secret_sha256: changes("secret").then(|| prepared.secret_of(client)),
        grants: client.grants.clone().filter(|_| changes("grants")),
        scopes: client.scopes.clone().filter(|_| changes("scopes")),
        redirect_uris: client.redirect_uris.clone().filter(|_| changes("redirect_uris")),
        consent: client.consent.filter(|_| changes("consent")),
        resource_server: client.resource_server.filter(|_| changes("resource_server")),
    };
    if change != ClientChange::default() {
        clients::set(conn, id, &change, now).await?;
    }
    if let Some(disabled) = client.disabled.filter(|_| changes("disabled")) {
        clients::set_disabled(conn, id, disabled, now).await?;
    }
    Ok(())
}

async fn change_user(
    conn: &mut Connection,
    user: &UserEntry,
    fields: &[&'static str],
    prepared: &Prepared,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = user.username.as_str();
    let changes = |field: &str| fields.contains(&field);
    // An empty text in the file takes the value away.
    let text = |field, text: &'_ Option<String>| -> Option<Option<String>> {
        changes(field).then(|| text.clone().filter(|text| !text.is_empty()))
    };
    let (full_name, email) = (text("full_name", &user.full_name), text("email", &user.email));
    if full_name.is_some() || email.is_some() {
        let full_name = full_name.as_ref().map(Option::as_deref);
        let email = email.as_ref().map(Option::as_deref);
        users::set_profile(conn, name, full_name, email, now).await?;
    }
    if let Some(hash) = prepared.hash_of(user).filter(|_| changes("password")) {
        users::set_password(conn, name, hash.as_str(), now).await?;
    }
    if let Some(scopes) = user.scopes.as_ref().filter(|_| changes("scopes")) {
        users::set_scopes(conn, name, scopes, now).await?;
    }
    if let Some(disabled) = user.disabled.filter(|_| changes("disabled")) {
        users::set_disabled(conn, name, disabled, now).await?;
    }
    Ok(())
}
