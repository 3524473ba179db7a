//! oxide-auth behind glass: its rules judge, its types stay in this folder.
//!
//! [`Exchange`] is one token request. It stands behind oxide-auth's `Registrar` and `Issuer`; the
//! refresh rule is oxide-auth's own, and grants that it lacks go through the same two traits. Its
//! errors are coarse, so the traits note the precise [`Refusal`], which wins.

mod authorization;
mod checked;
mod client_credentials;
mod code;
mod issuer;
mod pkce;
mod refresh;
mod registrar;

use std::{borrow::Cow, sync::Mutex};

pub use authorization::Authorization;

use chrono::{DateTime, Utc};
use oxide_auth::primitives::{
    grant::{Extensions, Grant},
    registrar::{BoundClient, ClientUrl, ExactUrl, PreGrant},
};
use oxide_auth_async::primitives::{Issuer, Registrar};
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::users::User;

use super::{Issued, OAuthError, Refusal, client::AuthenticatedClient};
use crate::{
    app::App,
    fault::Fault,
    limits::{Net, Proof},
    secret::Secret,
};

/// One token request on its way through oxide-auth.
pub struct Exchange<'a> {
    app: &'a App,
    client: &'a AuthenticatedClient,
    net: Net,
    now: Timestamp,
    /// Whose scopes bound the grant.
    user: Option<User>,
    /// The scope of the request, where one was sent.
    requested: Option<Scope>,
    /// The authorization code under way.
    code: Option<code::CodeUnderWay>,
    /// The refresh token under way.
    family: Option<refresh::Family>,
    refusal: Mutex<Option<Refusal>>,
    issued: Option<Issued>,
}

impl<'a> Exchange<'a> {
    /// A request of this client, which has been authenticated, from there and at this moment.
    pub const fn new(
        app: &'a App,
        client: &'a AuthenticatedClient,
        net: Net,
        now: Timestamp,
    ) -> Self {
        Self {
            app,
            client,
            net,
            now,
            user: None,
            requested: None,
            code: None,
            family: None,
            refusal: Mutex::new(None),
            issued: None,
        }
    }

    /// A new grant for a user who has proved who they are.
    pub async fn issue_for(mut self, user: User, scope: Option<Scope>) -> Result<Issued, Refusal> {
        let owner_id = user.username.clone();
        self.user = Some(user);
        let outcome = self.negotiate_and_issue(owner_id, scope).await;
        self.finish(outcome.is_ok())
    }

    async fn negotiate_and_issue(
        &mut self,
        owner_id: String,
        scope: Option<Scope>,
    ) -> Result<(), ()> {
        let client_id = Cow::Owned(self.client.client_id.clone());
        let client = self
            .bound_redirect(ClientUrl { client_id, redirect_uri: None })
            .await
            .map_err(|_| ())?;
        let scope = scope.as_ref().map(to_oxide);
        let granted = self.negotiate(client, scope).await.map_err(|_| ())?;
        let grant = Grant {
            owner_id,
            client_id: granted.client_id,
            scope: granted.scope,
            redirect_uri: granted.redirect_uri.to_url(),
            until: far_ahead(),
            extensions: Extensions::new(),
        };
        self.issue(grant).await.map(|_| ())
    }

    /// A rotation of a refresh token, judged by oxide-auth's refresh rule.
    pub async fn refresh(
        mut self,
        token: &Secret,
        scope: Option<Scope>,
    ) -> Result<Issued, Refusal> {
        let request = refresh::Request::new(token, scope.as_ref());
        self.requested = scope;
        let outcome = oxide_auth_async::code_grant::refresh::refresh(&mut self, &request).await;
        if let Err(error) = &outcome {
            self.note(refresh::translate(error));
        }
        self.finish(outcome.is_ok())
    }

    /// Nobody knows the code or token that came: a guess, which counts for its address and is not told
    /// apart any longer once too many came from there. Good ones always pass: at 256 random bits nobody
    /// guesses one. A client that has proved itself is not counted, for its address stands for all of
    /// its users.
    async fn guessed(&self, refusal: OAuthError) -> Refusal {
        if self.client.is_public()
            && let Err(limit) = self.app.limits.failed(Proof::Token, self.net).await
        {
            return limit.into();
        }
        refusal.into()
    }

    /// Keeps the first reason: what comes after it is oxide-auth's echo.
    fn note(&self, refusal: impl Into<Refusal>) {
        let mut noted = self.refusal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        noted.get_or_insert(refusal.into());
    }

    fn finish(self, done: bool) -> Result<Issued, Refusal> {
        let refusal = self.refusal.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (refusal, self.issued) {
            (Some(refusal), _) => Err(refusal),
            (None, Some(issued)) if done => Ok(issued),
            _ => Err(Fault::new("token exchange", "oxide-auth gave no reason").into()),
        }
    }
}

fn to_oxide(scope: &Scope) -> oxide_auth::primitives::scope::Scope {
    scope.to_string().parse().expect("our scope tokens are scope tokens")
}

fn from_oxide(scope: &oxide_auth::primitives::scope::Scope) -> Scope {
    Scope::from_tokens(scope.iter()).expect("oxide-auth was given our scope tokens")
}

/// What was negotiated, as oxide-auth hands it on.
fn pre_grant(client: BoundClient<'_>, scope: &Scope) -> PreGrant {
    PreGrant {
        client_id: client.client_id.into_owned(),
        redirect_uri: client.redirect_uri.into_owned(),
        scope: to_oxide(scope),
    }
}

/// Grants without a redirect still carry one in oxide-auth's types.
fn no_redirect() -> ExactUrl {
    "urn:scopegate:no-redirect".parse().expect("a constant URL parses")
}

/// oxide-auth wants an expiry and compares it with the machine's clock; ours is in the store.
fn far_ahead() -> DateTime<Utc> {
    DateTime::<Utc>::MAX_UTC
}

/// The reason where oxide-auth knows no better one.
const BAD_REFRESH_TOKEN: OAuthError =
    OAuthError::invalid_grant("The refresh token is invalid, expired or revoked");
