//! What the store holds: whether it is sound, and whether clients, users and scopes fit together.

use scopegate_core::scope::Scope;
use scopegate_store::{StoreError, clients::Client};
use url::{Host, Url};

use super::{
    Findings, count,
    facts::{Facts, Stored, database_file},
};
use crate::oauth::registration::{self, Registration};

/// Free space below which the server will soon stop, or should be looked at; in bytes.
const LITTLE: u64 = 100 << 20;
const SCARCE: u64 = 1 << 30;

/// Whether the database is there, up to date, sound and writable, and has room.
pub(super) fn database(facts: &Facts<'_>, found: &mut Findings) {
    match &facts.store {
        Ok(stored) => sound(stored, found),
        Err(StoreError::NotThere) => found.problem(
            "the database is not there or not up to date; `auth-server migrate` sees to both",
        ),
        Err(error) => found.problem(error.to_string()),
    }
    let folder = database_file(facts.config).and_then(std::path::Path::parent);
    let Some(Ok(space)) = folder.map(rustix::fs::statvfs) else { return };
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let text = format!("{} MiB are free on the disk of the database", free >> 20);
    if free < LITTLE {
        found.problem(format!("{text}: without room nobody can log in"));
    } else if free < SCARCE {
        found.advice(text);
    }
}

fn sound(stored: &Stored, found: &mut Findings) {
    match &stored.damages {
        Ok(damages) if damages.is_empty() => {}
        Ok(damages) => found.problem(format!(
            "the database file is damaged ({}); restore the last backup",
            damages.join("; ")
        )),
        Err(error) => found.problem(format!("the database file cannot be checked: {error}")),
    }
    if let Err(error) = &stored.writable {
        found.problem(format!(
            "the database takes no writes ({error}); look at its permissions, its disk and other \
             programs that hold it"
        ));
    }
}

/// Whether each client can do what it is registered for, and the default client is one.
pub(super) fn clients(facts: &Facts<'_>, found: &mut Findings) {
    let Ok(stored) = &facts.store else { return };
    for (client, uris) in &stored.clients {
        registered(client, uris, found);
    }
    if stored.clients.is_empty() {
        found.advice("there are no clients, so nobody can get a token; `auth-server client add`");
    }
    default_client(facts, stored, found);
}

fn registered(client: &Client, uris: &[String], found: &mut Findings) {
    let id = &client.client_id;
    let checked = registration::check(&Registration {
        public: client.is_public(),
        grants: &client.grants,
        redirect_uris: uris,
        resource_server: client.resource_server,
    });
    if let Err(error) = checked {
        found.problem(format!(
            "client \"{id}\": {}: {error}; `auth-server client set {id}` changes it",
            error.field()
        ));
    }
    if client.grants.is_empty() && !client.resource_server {
        found.advice(format!(
            "client \"{id}\" has no grants and gets no token; `auth-server client set {id} --grants`"
        ));
    }
    if !uris.is_empty() && !client.grants.iter().any(|grant| grant == "authorization_code") {
        found.advice(format!(
            "client \"{id}\" has redirect URIs, and not the grant authorization_code that uses them"
        ));
    }
    for uri in uris.iter().filter(|uri| is_localhost(uri)) {
        found.advice(format!(
            "client \"{id}\": {uri} names localhost, which some machines resolve elsewhere and which \
             is matched on this one port only; use http://127.0.0.1 (RFC 8252 section 8.3)"
        ));
    }
}

fn is_localhost(uri: &str) -> bool {
    let host = Url::parse(uri).ok();
    host.and_then(|url| url.host().map(|host| host == Host::Domain("localhost"))).unwrap_or(false)
}

fn default_client(facts: &Facts<'_>, stored: &Stored, found: &mut Findings) {
    let Some(id) = &facts.config.http.default_client else { return };
    let client = stored.clients.iter().map(|(client, _)| client).find(|c| c.client_id == *id);
    let reason = match client {
        None => "does not exist",
        Some(client) if !client.is_public() => "has a secret, which such a request does not send",
        Some(client) if client.disabled => "is disabled",
        Some(client) if !client.grants.iter().any(|grant| grant == "password") => {
            "may not use the grant password"
        }
        Some(_) => return,
    };
    found.problem(format!(
        "default-client: the client \"{id}\" {reason}, so requests that name no client are refused"
    ));
}

/// Whether anybody can log in, and nobody whom everybody knows.
pub(super) fn users(facts: &Facts<'_>, found: &mut Findings) {
    let Ok(Stored { users, .. }) = &facts.store else { return };
    if users.number == 0 {
        found.advice("there are no users; `auth-server user add` adds one");
    }
    if users.demo.number > 0 && !facts.config.http.issuer.is_loopback() {
        found.problem(format!(
            "{} a demo password, which everybody knows, and cannot log in: {}; \
             `auth-server user set-password` gives another",
            hold(users.demo.number),
            users.demo.told()
        ));
    }
    if users.unusable.number > 0 {
        found.problem(format!(
            "{} a password hash that cannot be checked, and cannot log in: {}; \
             `auth-server user set-password` mends it",
            hold(users.unusable.number),
            users.unusable.told()
        ));
    }
    if users.weak.number > 0 {
        found.advice(format!(
            "{} a password hash weaker than the settings ask for: {}; it is replaced at their next \
             login",
            hold(users.weak.number),
            users.weak.told()
        ));
    }
}

fn hold(number: usize) -> String {
    let verb = if number == 1 { "holds" } else { "hold" };
    format!("{} {verb}", count(number, "user"))
}

/// Whether each scope can be asked for and granted.
pub(super) fn scopes(facts: &Facts<'_>, found: &mut Findings) {
    let Ok(stored) = &facts.store else { return };
    let asked = stored
        .clients
        .iter()
        .filter(|(client, _)| !client.disabled)
        .fold(Scope::empty(), |asked, (client, _)| asked.union(&client.scopes));
    for scope in &stored.scopes {
        if !asked.contains(scope) {
            found.advice(format!(
                "scope \"{scope}\": no client may ask for it; `auth-server client set --scopes`"
            ));
        } else if !stored.users.held.contains(scope) && !is_of_a_client_itself(stored, scope) {
            found.advice(format!(
                "scope \"{scope}\": no user holds it; `auth-server user set-scopes`"
            ));
        }
    }
    if stored.scopes.is_empty() {
        found.advice("there are no scopes; `auth-server scope add` adds one");
    }
}

fn is_of_a_client_itself(stored: &Stored, scope: &str) -> bool {
    stored.clients.iter().any(|(client, _)| {
        client.scopes.contains(scope) && client.grants.iter().any(|g| g == "client_credentials")
    })
}
