//! From the tables of a file to entries: every value is checked before the store is asked anything.

use std::collections::HashSet;

use scopegate_core::scope::Scope;
use scopegate_store::clients::Consent;

use super::{ClientEntry, ClientSecret, Entry, ItemEntry, Password, ScopeEntry, UserEntry};
use crate::{
    apply::{
        error::{Kind, Refusal},
        file::{ClientTable, Hidden, ItemTable, ScopeTable, Tables, UserTable},
    },
    identity::{
        ClientId, PasswordHash, Username, demo,
        policy::{self, PolicyError},
    },
    oauth::{client_secret, registration},
    secret::Secret,
};

/// Checks the tables of a file; the entries come in the order in which they are applied.
pub(in crate::apply) fn check(
    tables: Tables,
    issuer_is_loopback: bool,
) -> Result<Vec<Entry>, Refusal> {
    let mut entries = Vec::new();
    for table in tables.scope {
        entries.push(Entry::Scope(scope(table)?));
    }
    for table in tables.client {
        entries.push(Entry::Client(client(table)?));
    }
    for table in tables.user {
        entries.push(Entry::User(user(table, issuer_is_loopback)?));
    }
    for table in tables.item {
        entries.push(Entry::Item(item(table)?));
    }
    check_names(&entries)?;
    Ok(entries)
}

fn scope(table: ScopeTable) -> Result<ScopeEntry, Refusal> {
    registration::check_scope_name(&table.name)
        .map_err(|e| Kind::Scope.refuse(&table.name, "name", e))?;
    check_text(Kind::Scope, &table.name, "description", table.description.as_deref())?;
    Ok(ScopeEntry { name: table.name, description: table.description })
}

fn client(table: ClientTable) -> Result<ClientEntry, Refusal> {
    let id = ClientId::parse(&table.id).map_err(|e| Kind::Client.refuse(&table.id, "id", e))?;
    check_text(Kind::Client, id.as_str(), "name", table.name.as_deref())?;
    let secret = client_secret(id.as_str(), &table)?;
    let scopes = scopes(Kind::Client, id.as_str(), table.scopes)?;
    let consent = table.consent.map(|text| consent(id.as_str(), &text)).transpose()?;
    let mut grants = table.grants;
    if let Some(grants) = &mut grants {
        grants.sort_unstable();
        grants.dedup();
    }
    Ok(ClientEntry {
        id,
        name: table.name,
        secret,
        grants,
        scopes,
        redirect_uris: table.redirect_uris,
        consent,
        resource_server: table.resource_server,
        disabled: table.disabled,
    })
}

fn consent(id: &str, text: &str) -> Result<Consent, Refusal> {
    match text {
        "ask" => Ok(Consent::Ask),
        "skip" => Ok(Consent::Skip),
        other => {
            let reason = format!("\"{}\" is neither ask nor skip", other.escape_debug());
            Err(Kind::Client.refuse(id, "consent", reason))
        }
    }
}

fn client_secret(id: &str, table: &ClientTable) -> Result<Option<ClientSecret>, Refusal> {
    let refuse = |field, reason: &str| Err(Kind::Client.refuse(id, field, reason));
    match (&table.secret, &table.secret_sha256, table.public) {
        (None, None, None) => Ok(None),
        (None, None, Some(true)) => Ok(Some(ClientSecret::Public)),
        (None, None, Some(false)) => Ok(Some(ClientSecret::Confidential)),
        (Some(Hidden(secret)), None, None | Some(false)) => {
            client_secret::check_given(secret).map_err(|e| Kind::Client.refuse(id, "secret", e))?;
            Ok(Some(ClientSecret::Sha256(client_secret::sha256_hex(secret))))
        }
        (None, Some(Hidden(digest)), None | Some(false)) => {
            let digest = digest.expose().to_ascii_lowercase();
            if digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) {
                Ok(Some(ClientSecret::Sha256(digest)))
            } else {
                refuse("secret_sha256", "not 64 hexadecimal digits, as `sha256sum` prints them")
            }
        }
        (Some(_), Some(_), _) => refuse("secret", "stands beside secret_sha256; give one of them"),
        (_, _, Some(true)) => refuse("public", "a public client has no secret"),
    }
}

fn user(table: UserTable, issuer_is_loopback: bool) -> Result<UserEntry, Refusal> {
    let username = Username::register(&table.username)
        .map_err(|e| Kind::User.refuse(&table.username, "username", e))?;
    let name = username.as_str();
    check_text(Kind::User, name, "full_name", table.full_name.as_deref())?;
    check_text(Kind::User, name, "email", table.email.as_deref())?;
    let password = match (table.password, table.password_hash) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            let reason = "stands beside password_hash; give one of them";
            return Err(Kind::User.refuse(name, "password", reason));
        }
        (Some(Hidden(password)), None) => Some(plain(name, password)?),
        (None, Some(Hidden(text))) => Some(hash(name, &text, issuer_is_loopback)?),
    };
    let scopes = scopes(Kind::User, name, table.scopes)?;
    Ok(UserEntry {
        full_name: table.full_name,
        email: table.email,
        password,
        scopes,
        disabled: table.disabled,
        username,
    })
}

/// The rules for new passwords do not count here: the demo's are as short as the tutorial's.
fn plain(name: &str, password: Secret) -> Result<Password, Refusal> {
    if password.expose().len() > policy::MAX_BYTES {
        Err(Kind::User.refuse(name, "password", PolicyError::Long))
    } else if password.expose().is_empty() {
        Err(Kind::User.refuse(name, "password", "it is empty"))
    } else {
        Ok(Password::Plain(password))
    }
}

fn hash(name: &str, text: &Secret, issuer_is_loopback: bool) -> Result<Password, Refusal> {
    let refuse = |reason: String| Kind::User.refuse(name, "password_hash", reason);
    let hash = PasswordHash::parse(text.expose()).map_err(|e| refuse(e.to_string()))?;
    demo::check(&hash, issuer_is_loopback).map_err(|e| refuse(e.to_string()))?;
    Ok(Password::Hash(hash))
}

fn item(table: ItemTable) -> Result<ItemEntry, Refusal> {
    let ItemTable { item_id, owner } = table;
    if item_id.is_empty() {
        return Err(Kind::Item.refuse(&item_id, "item_id", "it is empty"));
    }
    check_text(Kind::Item, &item_id, "item_id", Some(&item_id))?;
    let owner = Username::parse(&owner).map_err(|e| Kind::Item.refuse(&item_id, "owner", e))?;
    Ok(ItemEntry { item_id, owner })
}

fn scopes(kind: Kind, name: &str, tokens: Option<Vec<String>>) -> Result<Option<Scope>, Refusal> {
    tokens
        .map(|tokens| Scope::from_tokens(tokens.iter().map(String::as_str)))
        .transpose()
        .map_err(|e| kind.refuse(name, "scopes", e))
}

fn check_text(
    kind: Kind,
    name: &str,
    field: &'static str,
    text: Option<&str>,
) -> Result<(), Refusal> {
    text.map_or(Ok(()), registration::check_text).map_err(|e| kind.refuse(name, field, e))
}

/// No entry twice; users and clients share one namespace.
fn check_names(entries: &[Entry]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for entry in entries {
        let (namespace, reason) = match entry {
            Entry::Scope(_) => (0, "stands in the file twice"),
            Entry::Client(_) | Entry::User(_) => {
                (1, "stands in the file twice; clients and users share one namespace")
            }
            Entry::Item(_) => (2, "stands in the file twice"),
        };
        if !seen.insert((namespace, entry.name())) {
            return Err(entry.refuse(entry.name_field(), reason));
        }
    }
    Ok(())
}
