//! Who asks: client authentication (RFC 6749 §2.3) and what a client may do.

use std::sync::Arc;

use scopegate_core::clock::Timestamp;
use scopegate_store::clients::{self, Client};

use super::{GrantType, OAuthError, Refusal, client_secret};
use crate::{
    app::App,
    audit::{self, Reason},
    identity::{ClientId, RememberedClients},
    limits::{Net, Proof},
    secret::Secret,
};

/// What a request says of its client, however it was sent.
#[derive(Debug)]
pub enum Credentials {
    /// Nothing.
    None,
    /// An id and no secret: what a public client sends.
    Public(String),
    /// An id and a secret.
    Secret(String, Secret),
}

/// A client that has proved who it is, as far as its kind can.
#[derive(Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    is_remembered: bool,
}

impl Credentials {
    /// A request that names no client means `default`, where there is one.
    #[must_use]
    pub fn or_default(self, default: Option<&str>) -> Self {
        match (self, default) {
            (Self::None, Some(id)) => Self::Public(id.to_owned()),
            (credentials, _) => credentials,
        }
    }

    /// The id, and the digest of the secret, if there is one.
    fn digested(&self) -> Option<(&str, Option<String>)> {
        match self {
            Self::None => None,
            Self::Public(id) => Some((id, None)),
            Self::Secret(id, secret) => Some((id, Some(client_secret::sha256_hex(secret)))),
        }
    }
}

/// The client as it is remembered, if that is enough to prove who it is. Whoever goes on with it has to
/// check [`remembered_at`](AuthenticatedClient::remembered_at) in the write that answers.
pub fn recall(app: &App, credentials: &Credentials, now: Timestamp) -> Option<AuthenticatedClient> {
    let (id, digest) = credentials.digested()?;
    let client = app.clients.recall(id, now)?;
    if client.disabled || !has_proved(&client, digest.as_deref(), now) {
        return None;
    }
    audit::client(&client.client_id);
    Some(AuthenticatedClient { client, is_remembered: true })
}

/// Looks the client up and checks its secret. Every failure is the same `invalid_client`, and counts
/// for the address that it comes from; what others fail at there never stops a right secret.
pub async fn authenticate(
    app: &App,
    net: Net,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<AuthenticatedClient, Refusal> {
    // Hashed before the look-up: an unknown id costs what a wrong secret does.
    let Some((id, digest)) = credentials.digested() else {
        audit::because(Reason::NoClient);
        return Err(OAuthError::INVALID_CLIENT.into());
    };
    let client = match ClientId::parse(id) {
        Ok(id) => clients::find(&mut *app.store.read().await?, id.as_str()).await?,
        Err(_) => None,
    };
    match check(client, digest.as_deref(), now) {
        Ok(client) => Ok(AuthenticatedClient { client: Arc::new(client), is_remembered: false }),
        Err(reason) => {
            audit::because(reason);
            app.limits.failed(Proof::Client, net).await?;
            Err(OAuthError::INVALID_CLIENT.into())
        }
    }
}

fn check(client: Option<Client>, digest: Option<&str>, now: Timestamp) -> Result<Client, Reason> {
    let client = client.ok_or(Reason::UnknownClient)?;
    audit::client(&client.client_id);
    if client.disabled {
        return Err(Reason::DisabledClient);
    }
    if has_proved(&client, digest, now) {
        return Ok(client);
    }
    Err(match (digest, client.is_public()) {
        (None, _) => Reason::MissingSecret,
        (Some(_), true) => Reason::NeedlessSecret,
        (Some(_), false) => Reason::WrongSecret,
    })
}

/// A public client sends no secret, a confidential one its present or, for a while, its old one.
fn has_proved(client: &Client, digest: Option<&str>, now: Timestamp) -> bool {
    match (digest, client.secret_sha256.as_deref()) {
        (None, None) => true,
        (Some(digest), Some(kept)) => {
            let old = client
                .old_secret_sha256
                .as_deref()
                .filter(|_| client.old_secret_until.is_some_and(|until| now < until));
            client_secret::matches(digest, kept)
                || old.is_some_and(|old| client_secret::matches(digest, old))
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl AuthenticatedClient {
    /// Checks that the client may use this grant type (RFC 6749 §5.2).
    pub fn check_allowed(&self, grant_type: GrantType) -> Result<(), OAuthError> {
        if self.may(grant_type) {
            Ok(())
        } else {
            Err(OAuthError::unauthorized_client("The client may not use this grant type"))
        }
    }

    /// The `updated_at` of a client that is only remembered, and may have changed since.
    pub fn remembered_at(&self) -> Option<Timestamp> {
        self.is_remembered.then_some(self.client.updated_at)
    }

    /// Keeps the client in memory.
    pub fn remember(&self, clients: &RememberedClients, now: Timestamp) {
        clients.remember(&self.client, now);
    }

    /// Whether the client's grants include this one.
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.client.grants.iter().any(|grant| grant == grant_type.as_str())
    }
}

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
