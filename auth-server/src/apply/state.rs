//! What the store holds of a file's entries, read in one go before a plan is made.

use std::collections::{BTreeMap, HashMap};

use scopegate_store::{
    Connection, StoreError, applied,
    clients::{self, Client},
    items, scopes,
    subjects::{self, Subject, SubjectKind},
    users::{self, User},
};

use super::{
    entry::{Entry, grants_text, secret_text, uris_text},
    error::Kind,
    plan::{Applied, Held},
};

/// The store's side of the merge.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Every scope, with its description.
    pub(super) scopes: BTreeMap<String, String>,
    /// The clients that the file names, with their redirect URIs.
    pub(super) clients: HashMap<String, (Client, Vec<String>)>,
    /// The users that the file names, as users or as owners.
    pub(super) users: HashMap<String, User>,
    /// The items that the file names, and whose they are.
    pub(super) items: HashMap<String, String>,
    /// Names of the file that were given out, but not to what the file means, or not any more.
    pub(super) taken: HashMap<String, Subject>,
    /// What was applied last.
    pub(super) applied: Applied,
}

impl State {
    /// Reads what the entries concern.
    pub(super) async fn read(conn: &mut Connection, entries: &[Entry]) -> Result<Self, StoreError> {
        let mut state = Self { applied: applied_by_entry(conn).await?, ..Self::default() };
        for scope in scopes::list(conn).await? {
            state.scopes.insert(scope.name, scope.description);
        }
        for entry in entries {
            match entry {
                Entry::Scope(_) => {}
                Entry::Client(client) => state.read_client(conn, client.id.as_str()).await?,
                Entry::User(user) => state.read_user(conn, user.username.as_str()).await?,
                Entry::Item(item) => {
                    state.read_user(conn, item.owner.as_str()).await?;
                    if let Some(found) = items::find(conn, &item.item_id).await? {
                        state.items.insert(found.item_id, found.owner);
                    }
                }
            }
        }
        Ok(state)
    }

    async fn read_client(&mut self, conn: &mut Connection, id: &str) -> Result<(), StoreError> {
        if let Some(client) = clients::find(conn, id).await? {
            let uris = clients::redirect_uris(conn, id).await?;
            self.clients.insert(id.to_owned(), (client, uris));
            Ok(())
        } else {
            self.read_subject(conn, id).await
        }
    }

    async fn read_user(&mut self, conn: &mut Connection, name: &str) -> Result<(), StoreError> {
        if let Some(user) = users::find(conn, name).await? {
            self.users.insert(name.to_owned(), user);
            Ok(())
        } else {
            self.read_subject(conn, name).await
        }
    }

    async fn read_subject(&mut self, conn: &mut Connection, name: &str) -> Result<(), StoreError> {
        if let Some(subject) = subjects::find(conn, name).await? {
            self.taken.insert(name.to_owned(), subject);
        }
        Ok(())
    }

    /// The entries in the form that the plan compares.
    pub(super) fn held(&self, entries: &[Entry]) -> Held {
        let mut held = Held::default();
        for entry in entries {
            let key = (entry.kind(), entry.name().to_owned());
            if let Some(fields) = self.fields(entry) {
                held.there.insert(key, fields);
            } else if self.was_deleted(entry) {
                held.deleted.insert(key);
            }
        }
        held
    }

    fn fields(&self, entry: &Entry) -> Option<BTreeMap<&'static str, String>> {
        let name = entry.name();
        match entry {
            Entry::Scope(_) => {
                Some(BTreeMap::from([("description", self.scopes.get(name)?.clone())]))
            }
            Entry::Client(_) => {
                self.clients.get(name).map(|(client, uris)| client_fields(client, uris))
            }
            Entry::User(_) => self.users.get(name).map(user_fields),
            Entry::Item(_) => Some(BTreeMap::from([("owner", self.items.get(name)?.clone())])),
        }
    }

    /// An item goes with its owner.
    fn was_deleted(&self, entry: &Entry) -> bool {
        let (name, kind) = match entry {
            Entry::Scope(_) => return false,
            Entry::Client(client) => (client.id.as_str(), SubjectKind::Client),
            Entry::User(user) => (user.username.as_str(), SubjectKind::User),
            Entry::Item(item) => (item.owner.as_str(), SubjectKind::User),
        };
        self.taken
            .get(name)
            .is_some_and(|subject| subject.kind == kind && subject.deleted_at.is_some())
    }
}

async fn applied_by_entry(conn: &mut Connection) -> Result<Applied, StoreError> {
    let kinds = [Kind::Scope, Kind::Client, Kind::User, Kind::Item];
    let mut by_entry = Applied::new();
    for (at, mark) in applied::find_all(conn).await? {
        if let Some(kind) = kinds.into_iter().find(|kind| kind.as_str() == at.kind) {
            by_entry.entry((kind, at.entry)).or_default().insert(at.field, mark);
        }
    }
    Ok(by_entry)
}

fn client_fields(client: &Client, uris: &[String]) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("name", client.name.clone()),
        ("secret", secret_text(client.secret_sha256.as_deref())),
        ("grants", grants_text(&client.grants)),
        ("scopes", client.scopes.to_string()),
        ("redirect_uris", uris_text(uris)),
        ("consent", client.consent.as_str().to_owned()),
        ("resource_server", client.resource_server.to_string()),
        ("disabled", client.disabled.to_string()),
    ])
}

fn user_fields(user: &User) -> BTreeMap<&'static str, String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    BTreeMap::from([
        ("full_name", text(&user.full_name)),
        ("email", text(&user.email)),
        ("password", text(&user.password_hash)),
        ("scopes", user.scopes.to_string()),
        ("disabled", user.disabled.to_string()),
    ])
}
