//! The file as it is written: TOML tables with the keys that the documentation lists, no others.

use std::{fmt, fs, path::Path};

use serde::{Deserialize, Deserializer, de};

use super::{
    ApplyError,
    entry::{self, Entry},
};
use crate::secret::Secret;

/// A parsed file: its entries in the order in which they are applied.
#[derive(Debug)]
pub struct File(Vec<Entry>);

/// The tables of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tables {
    pub(super) scope: Vec<ScopeTable>,
    pub(super) client: Vec<ClientTable>,
    pub(super) user: Vec<UserTable>,
    pub(super) item: Vec<ItemTable>,
}

/// `[[scope]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopeTable {
    pub(super) name: String,
    pub(super) description: Option<String>,
}

/// `[[client]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientTable {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) secret: Option<Hidden>,
    pub(super) secret_sha256: Option<Hidden>,
    pub(super) public: Option<bool>,
    pub(super) grants: Option<Vec<String>>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) redirect_uris: Option<Vec<String>>,
    pub(super) consent: Option<String>,
    pub(super) resource_server: Option<bool>,
    pub(super) disabled: Option<bool>,
}

/// `[[user]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserTable {
    pub(super) username: String,
    pub(super) full_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) password: Option<Hidden>,
    pub(super) password_hash: Option<Hidden>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) disabled: Option<bool>,
}

/// `[[item]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemTable {
    pub(super) item_id: String,
    pub(super) owner: String,
}

/// A secret string. A value of another type is refused without being shown.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) Secret);

impl File {
    /// Reads and parses the file. Demo hashes pass only if the issuer's host is a loopback one.
    pub fn read(path: &Path, issuer_is_loopback: bool) -> Result<Self, ApplyError> {
        let content = fs::read_to_string(path)
            .map_err(|cause| ApplyError::Unreadable { path: path.to_owned(), cause })?;
        Self::parse(&path.display().to_string(), &content, issuer_is_loopback)
    }

    /// Parses the content of a file; `path` is for messages.
    pub fn parse(path: &str, content: &str, issuer_is_loopback: bool) -> Result<Self, ApplyError> {
        let tables: Tables =
            toml::from_str(content).map_err(|error| syntax(path, content, &error))?;
        Ok(Self(entry::check(tables, issuer_is_loopback)?))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// The parser's own message shows the line itself, which may hold a secret; this one does not.
fn syntax(path: &str, content: &str, error: &toml::de::Error) -> ApplyError {
    let at = error.span().map_or(0, |span| span.start);
    let line = 1 + content.bytes().take(at).filter(|&b| b == b'\n').count();
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    ApplyError::Syntax { path: path.to_owned(), line, message }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HiddenVisitor)
    }
}

struct HiddenVisitor;

impl HiddenVisitor {
    fn refuse<E: de::Error>() -> Result<Hidden, E> {
        Err(E::custom("the value is not a string; put it between quotes"))
    }
}

impl de::Visitor<'_> for HiddenVisitor {
    type Value = Hidden;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Hidden, E> {
        Ok(Hidden(Secret::new(text.to_owned())))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Hidden, E> {
        Self::refuse()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Hidden, E> {
        Self::refuse()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Hidden, E> {
        Self::refuse()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Hidden, E> {
        Self::refuse()
    }
}

#[cfg(test)]
mod tests;
