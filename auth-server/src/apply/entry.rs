//! The entries of a file, checked, each with the fields that it names: a key that is left out is
//! not managed.

use std::fmt::Display;

use scopegate_core::scope::Scope;
use scopegate_store::clients::Consent;

use super::error::{Kind, Refusal};
use crate::{
    identity::{ClientId, PasswordHash, Username},
    secret::Secret,
};

mod check;

pub(super) use check::check;

/// One entry of a file.
#[derive(Debug)]
pub(super) enum Entry {
    Scope(ScopeEntry),
    Client(ClientEntry),
    User(UserEntry),
    Item(ItemEntry),
}

/// A scope, and what its sentence shall be.
#[derive(Debug)]
pub(super) struct ScopeEntry {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// A client, and what its properties shall be.
#[derive(Debug)]
pub(super) struct ClientEntry {
    pub(super) id: ClientId,
    pub(super) name: Option<String>,
    pub(super) secret: Option<ClientSecret>,
    pub(super) grants: Option<Vec<String>>,
    pub(super) scopes: Option<Scope>,
    pub(super) redirect_uris: Option<Vec<String>>,
    pub(super) consent: Option<Consent>,
    pub(super) resource_server: Option<bool>,
    pub(super) disabled: Option<bool>,
}

/// What the file says of a client's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientSecret {
    /// `public = true`: it has none.
    Public,
    /// `public = false` and nothing else: it has one, whichever.
    Confidential,
    /// The SHA-256 of it, in hexadecimal digits.
    Sha256(String),
}

/// A user, and what their properties shall be.
#[derive(Debug)]
pub(super) struct UserEntry {
    pub(super) username: Username,
    pub(super) full_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) scopes: Option<Scope>,
    pub(super) disabled: Option<bool>,
}

/// What the file says of a user's password.
#[derive(Debug)]
pub(super) enum Password {
    /// The password itself, for throw-away demos.
    Plain(Secret),
    /// A hash from elsewhere.
    Hash(PasswordHash),
}

/// An item, and whose it shall be.
#[derive(Debug)]
pub(super) struct ItemEntry {
    pub(super) item_id: String,
    pub(super) owner: Username,
}

/// A field that an entry names.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// A field's value in the one form that is compared and remembered.
#[derive(Debug)]
pub(super) enum Value {
    /// A text that the store may hold too.
    Text(String),
    /// Any secret will do.
    AnySecret,
    /// A password: the store holds a hash, which cannot be compared.
    OneWay(Secret),
}

/// How the store's value of a client without a secret is written.
const NO_SECRET: &str = "public";

impl Entry {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Scope(_) => Kind::Scope,
            Self::Client(_) => Kind::Client,
            Self::User(_) => Kind::User,
            Self::Item(_) => Kind::Item,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Scope(scope) => &scope.name,
            Self::Client(client) => client.id.as_str(),
            Self::User(user) => user.username.as_str(),
            Self::Item(item) => &item.item_id,
        }
    }

    /// The key that holds the name.
    pub(super) const fn name_field(&self) -> &'static str {
        match self {
            Self::Scope(_) => "name",
            Self::Client(_) => "id",
            Self::User(_) => "username",
            Self::Item(_) => "item_id",
        }
    }

    /// The fields that the file names.
    pub(super) fn fields(&self) -> Vec<Field> {
        let fields: Vec<(&'static str, Option<Value>)> = match self {
            Self::Scope(scope) => vec![("description", text(scope.description.as_ref()))],
            Self::Client(client) => client_fields(client),
            Self::User(user) => vec![
                ("full_name", text(user.full_name.as_ref())),
                ("email", text(user.email.as_ref())),
                ("password", user.password.as_ref().map(Password::value)),
                ("scopes", text(user.scopes.as_ref())),
                ("disabled", text(user.disabled.as_ref())),
            ],
            Self::Item(item) => vec![("owner", text(Some(&item.owner)))],
        };
        fields.into_iter().filter_map(|(name, value)| Some(Field { name, value: value? })).collect()
    }

    pub(super) fn refuse(&self, field: &'static str, reason: impl Display) -> Refusal {
        self.kind().refuse(self.name(), field, reason)
    }
}

fn client_fields(client: &ClientEntry) -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("name", text(client.name.as_ref())),
        ("secret", client.secret.as_ref().map(ClientSecret::value)),
        ("grants", client.grants.as_deref().map(|grants| Value::Text(grants_text(grants)))),
        ("scopes", text(client.scopes.as_ref())),
        ("redirect_uris", client.redirect_uris.as_deref().map(|uris| Value::Text(uris_text(uris)))),
        ("consent", client.consent.map(|consent| Value::Text(consent.as_str().to_owned()))),
        ("resource_server", text(client.resource_server.as_ref())),
        ("disabled", text(client.disabled.as_ref())),
    ]
}

fn text(value: Option<&impl ToString>) -> Option<Value> {
    value.map(|value| Value::Text(value.to_string()))
}

/// Grant types as one text; their order means nothing.
pub(super) fn grants_text(grants: &[String]) -> String {
    let mut sorted: Vec<&str> = grants.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.join(" ")
}

/// Redirect URIs as one text, in their order.
pub(super) fn uris_text(uris: &[String]) -> String {
    uris.join("\n")
}

/// A secret's digest as the text that is compared.
pub(super) fn secret_text(sha256: Option<&str>) -> String {
    sha256.map_or_else(|| NO_SECRET.to_owned(), |sha256| format!("sha256:{sha256}"))
}

impl ClientSecret {
    fn value(&self) -> Value {
        match self {
            Self::Public => Value::Text(secret_text(None)),
            Self::Confidential => Value::AnySecret,
            Self::Sha256(sha256) => Value::Text(secret_text(Some(sha256))),
        }
    }
}

impl Password {
    fn value(&self) -> Value {
        match self {
            // The prefix keeps a password that looks like a hash apart from the hash.
            Self::Plain(password) => {
                Value::OneWay(Secret::new(format!("plain:{}", password.expose())))
            }
            Self::Hash(hash) => Value::Text(hash.as_str().to_owned()),
        }
    }
}

impl Value {
    /// The text that is remembered, as an HMAC.
    pub(super) fn remembered(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::AnySecret => "any",
            Self::OneWay(secret) => secret.expose(),
        }
    }

    /// Whether what the store holds is this value already.
    pub(super) fn is(&self, held: &str) -> bool {
        match self {
            Self::Text(text) => text == held,
            Self::AnySecret => held != NO_SECRET,
            Self::OneWay(_) => false,
        }
    }
}
