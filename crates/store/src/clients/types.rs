//! What is known of a client, what is needed to add one, and what can be set.

use std::fmt;

use scopegate_core::{clock::Timestamp, scope::Scope};

use crate::StoreError;

/// An application. Its redirect URIs are asked for apart, by [`redirect_uris`](super::redirect_uris).
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, for ever.
    pub client_id: String,
    /// What its users read.
    pub name: String,
    /// The SHA-256 of its secret; a public client has none.
    pub secret_sha256: Option<String>,
    /// The SHA-256 of the secret before.
    pub old_secret_sha256: Option<String>,
    /// Until when the secret before counts.
    pub old_secret_until: Option<Timestamp>,
    /// Its grant types, as the token endpoint spells them.
    pub grants: Vec<String>,
    /// What it may ask for.
    pub scopes: Scope,
    /// Whether its users are asked.
    pub consent: Consent,
    /// Whether it may introspect every token of the audience.
    pub resource_server: bool,
    /// Whether it is shut out.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was changed last, or a little later: no two states of a client have the same.
    pub updated_at: Timestamp,
}

/// A client to add.
#[derive(Clone, PartialEq, Eq)]
pub struct NewClient {
    /// Its id, for ever.
    pub client_id: String,
    /// What its users read.
    pub name: String,
    /// The SHA-256 of its secret; `None` for a public client.
    pub secret_sha256: Option<String>,
    /// Its grant types, as the token endpoint spells them.
    pub grants: Vec<String>,
    /// What it may ask for.
    pub scopes: Scope,
    /// Where its codes may go.
    pub redirect_uris: Vec<String>,
    /// Whether its users are asked.
    pub consent: Consent,
    /// Whether it may introspect every token of the audience.
    pub resource_server: bool,
    /// Whether it is shut out from the start.
    pub disabled: bool,
}

/// What to set; `None` leaves a field as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientChange {
    /// What its users read.
    pub name: Option<String>,
    /// The SHA-256 of a new secret, or `Some(None)` to make the client public. The secret before
    /// counts no longer; [`rotate_secret`](super::rotate_secret) can keep it for a while.
    pub secret_sha256: Option<Option<String>>,
    /// Its grant types.
    pub grants: Option<Vec<String>>,
    /// What it may ask for.
    pub scopes: Option<Scope>,
    /// Where its codes may go.
    pub redirect_uris: Option<Vec<String>>,
    /// Whether its users are asked.
    pub consent: Option<Consent>,
    /// Whether it may introspect every token of the audience.
    pub resource_server: Option<bool>,
}

/// Whether a client's users are asked before it gets anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// They are.
    #[default]
    Ask,
    /// They are not: a first-party client.
    Skip,
}

impl Client {
    /// Whether it has no secret.
    pub const fn is_public(&self) -> bool {
        self.secret_sha256.is_none()
    }
}

impl Consent {
    /// The word that settings and commands use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Skip => "skip",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "ask" => Ok(Self::Ask),
            "skip" => Ok(Self::Skip),
            other => Err(StoreError::Corrupt(format!("a client whose consent is {other:?}"))),
        }
    }
}

/// Without the digests of secrets.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_id", &self.client_id)
            .field("public", &self.is_public())
            .field("grants", &self.grants)
            .field("scopes", &self.scopes)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Without the digest of the secret.
impl fmt::Debug for NewClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Without the digest of a secret.
impl fmt::Debug for ClientChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientChange")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
