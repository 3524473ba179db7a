//! Rotation of refresh tokens (RFC 9700 §4.14.2), driven by oxide-auth's refresh rule.

use std::borrow::Cow;

use oxide_auth::{
    code_grant::{
        error::AccessTokenErrorType,
        refresh::{Error, Request as RefreshRequest},
    },
    primitives::grant::{Extensions, Grant},
};
use oxide_auth_async::{
    code_grant::refresh::Endpoint,
    primitives::{Issuer, Registrar},
};
use scopegate_core::scope::Scope;
use scopegate_store::refresh_tokens::{self, RefreshToken, Rotated, Rotation, TokenUse};

use super::{BAD_REFRESH_TOKEN, Exchange, far_ahead, no_redirect, to_oxide};
use crate::{
    audit::{self, Entry, Event, Outcome, Reason},
    fault::Fault,
    oauth::{Issued, OAuthError, Refusal, token::narrow_again},
    secret::Secret,
};

/// The refresh token under way: as presented, as stored, and what follows it.
pub struct Family {
    stored: RefreshToken,
    /// Whether the store has been shown the token, and has taken it for a retry.
    is_retry: bool,
    presented: Secret,
    successor: Secret,
}

/// The request as oxide-auth's rule reads it. The client is not in it: the pipeline has
/// authenticated it, and the look-up of the token is bound to it.
pub struct Request<'a> {
    token: &'a str,
    scope: Option<String>,
}

impl<'a> Request<'a> {
    pub fn new(token: &'a Secret, scope: Option<&Scope>) -> Self {
        Self { token: token.expose(), scope: scope.map(Scope::to_string) }
    }
}

impl RefreshRequest for Request<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.token))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.as_deref().map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("refresh_token"))
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        None
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}

impl Endpoint for Exchange<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        self
    }

    fn issuer(&mut self) -> &mut (dyn Issuer + Send) {
        self
    }
}

impl Exchange<'_> {
    /// Finds the token, its user and what was granted. Reads only, so that a request which is
    /// refused later has consumed nothing. The one exception: a token that was spent before is
    /// shown to the store at once, which answers the retry or revokes the family.
    pub(super) async fn recover(&mut self, presented: &Secret) -> Result<Grant, Refusal> {
        let digest = presented.digest();
        let found = refresh_tokens::find(&mut *self.app.store.read().await?, &digest).await?;
        let Some(stored) = found else {
            return Err(self.guessed(bad_token(Reason::UnknownToken)).await);
        };
        if stored.client_id != self.client.client_id {
            return Err(bad_token(Reason::OthersToken).into());
        }
        if let Some(username) = &stored.username {
            audit::subject(username);
            if stored.held.is_none() {
                return Err(bad_token(Reason::DisabledUser).into());
            }
        }
        let grant = to_grant(&stored);
        let is_retry = stored.used_at.is_some();
        let successor = self.app.server_key.successor(presented);
        self.family = Some(Family { stored, is_retry, presented: presented.clone(), successor });
        if is_retry {
            self.rotate("the same as before").await?;
        }
        Ok(grant)
    }

    /// Narrows, then spends the token, then signs.
    pub(super) async fn rotate_and_mint(&self) -> Result<Issued, Refusal> {
        let Family { stored, is_retry, successor, .. } = self.family()?;
        let held = stored.held.as_ref();
        let scope =
            narrow_again(self.requested.as_ref(), &stored.scope, &self.client.scopes, held)?;
        if !is_retry {
            self.rotate(&format!("scope \"{scope}\"")).await?;
        }
        let owner = stored.username.as_deref().unwrap_or(&stored.client_id);
        self.mint(&stored.grant_id, owner, scope, Some(successor.clone()))
    }

    /// The write that decides. It repeats every condition that can have changed since the look-up.
    async fn rotate(&self, what: &str) -> Result<(), Refusal> {
        let Family { stored, presented, successor, .. } = self.family()?;
        let lifetimes = &self.app.lifetimes;
        let rotation = Rotation {
            presented: presented.digest(),
            successor: successor.digest(),
            client_id: self.client.client_id.clone(),
            client_updated_at: self.client.remembered_at(),
            now: self.now,
            grace: lifetimes.refresh_reuse_grace,
            access_until: self.now.plus(lifetimes.access_token_ttl),
            successor_expires_at: self.now.plus(lifetimes.refresh_token_ttl),
        };
        let (issued, reused) = self.entries(stored, what);
        let grant_id = stored.grant_id.clone();
        let rotated = self.app.store.write_alike(TokenUse { rotation, grant_id, issued, reused });
        match rotated.await? {
            Rotated::Fresh | Rotated::Repeated => Ok(()),
            Rotated::Reused { .. } => {
                self.app.metrics.requests.refresh_reuse.inc();
                audit::told();
                tracing::warn!(
                    client = self.client.client_id,
                    user = stored.username,
                    grant = stored.grant_id,
                    "a spent refresh token was used again; its family is revoked"
                );
                Err(BAD_REFRESH_TOKEN.into())
            }
            Rotated::Gone => Err(bad_token(Reason::DeadToken).into()),
        }
    }

    /// What the audit log tells of a rotation, and of a reuse.
    fn entries(&self, stored: &RefreshToken, what: &str) -> (Entry, Entry) {
        let entry = |event, detail: &str| Entry {
            subject: stored.username.clone(),
            client_id: Some(stored.client_id.clone()),
            detail: audit::detail(detail),
            ..audit::done(self.now, event)
        };
        let grant = &stored.grant_id;
        let issued = entry(Event::TokenRefresh, &format!("grant {grant}, {what}"));
        let reused = Entry {
            outcome: Outcome::Refused,
            reason: Some(Reason::ReusedToken.as_str().to_owned()),
            ..entry(Event::RefreshReuse, &format!("grant {grant} is revoked"))
        };
        (issued, reused)
    }

    fn family(&self) -> Result<&Family, Refusal> {
        self.family
            .as_ref()
            .ok_or_else(|| Fault::new("refresh", "oxide-auth asked in another order").into())
    }
}

/// One text for whoever asks; the audit log has the reason.
fn bad_token(reason: Reason) -> OAuthError {
    audit::because(reason);
    BAD_REFRESH_TOKEN
}

/// What is stored, as oxide-auth reads it.
fn to_grant(stored: &RefreshToken) -> Grant {
    Grant {
        owner_id: stored.username.clone().unwrap_or_else(|| stored.client_id.clone()),
        client_id: stored.client_id.clone(),
        scope: to_oxide(&stored.scope),
        redirect_uri: no_redirect().to_url(),
        until: far_ahead(),
        extensions: Extensions::new(),
    }
}

/// oxide-auth's verdict, where the traits noted nothing more precise.
pub fn translate(error: &Error) -> Refusal {
    let Error::Invalid(description) = error else {
        return Fault::new("refresh", "oxide-auth refused without a reason").into();
    };
    let mut description = description.clone();
    match description.description().kind() {
        AccessTokenErrorType::InvalidScope => {
            OAuthError::invalid_scope("The scope is more than was granted at first").into()
        }
        _ => BAD_REFRESH_TOKEN.into(),
    }
}
