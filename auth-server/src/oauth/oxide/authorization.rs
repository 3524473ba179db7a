//! The authorization rule of oxide-auth over a checked request: it judges, and asks for a code.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use oxide_auth::{
    code_grant::authorization::{Error, Request},
    primitives::{
        grant::{Extensions, Grant},
        registrar::{BoundClient, ClientUrl, PreGrant, RegisteredUrl, RegistrarError},
        scope::Scope as OxideScope,
    },
};
use oxide_auth_async::{
    code_grant::authorization::{Endpoint, Extension, Pending, authorization_code},
    primitives::{Authorizer, Registrar},
};
use scopegate_core::scope::Scope;
use scopegate_store::{
    StoreError, answered_requests,
    clients::Client,
    codes::{self, NewCode},
    consents, sessions,
};

use super::{checked::Checked, from_oxide, pkce, pre_grant};
use crate::{
    app::App,
    audit::{self, Entry, Event},
    fault::Fault,
    id,
    oauth::{
        Refusal,
        authorize::{AuthorizeRequest, Basis, Outcome, Owner},
        token::narrow,
    },
};

/// One authorization request on its way through oxide-auth.
pub struct Authorization<'a> {
    app: &'a App,
    client: &'a Client,
    request: &'a AuthorizeRequest,
    /// Whose scopes bound the grant; `None` before somebody has signed in.
    owner: Option<&'a Owner>,
    /// Why a code may be issued.
    basis: Basis,
    refusal: Mutex<Option<Refusal>>,
    outcome: Option<Outcome>,
}

impl<'a> Authorization<'a> {
    /// A request whose client and redirect URI were matched.
    pub const fn new(
        app: &'a App,
        client: &'a Client,
        request: &'a AuthorizeRequest,
        owner: Option<&'a Owner>,
    ) -> Self {
        Self {
            app,
            client,
            request,
            owner,
            basis: Basis::Decided,
            refusal: Mutex::new(None),
            outcome: None,
        }
    }

    /// What would be granted.
    pub async fn check(mut self) -> Result<Scope, Refusal> {
        let pending = self.judge().await?;
        Ok(from_oxide(&pending.pre_grant().scope))
    }

    /// Issues a code, if nobody has answered the request yet.
    pub async fn authorize(mut self, basis: Basis) -> Result<Outcome, Refusal> {
        let pending = self.judge().await?;
        let owner = self.owner.map_or("", Owner::username);
        self.basis = basis;
        let authorized = pending.authorize(&mut self, Cow::Borrowed(owner)).await;
        match (authorized, self.outcome.take()) {
            (_, Some(outcome)) => Ok(outcome),
            (Ok(_), None) => Err(Fault::new("authorize", "oxide-auth asked for no code").into()),
            (Err(error), None) => Err(self.reason(&error)),
        }
    }

    async fn judge(&mut self) -> Result<Pending, Refusal> {
        let request = self.request;
        let judged = authorization_code(self, &Checked(request)).await;
        judged.map_err(|error| self.reason(&error))
    }

    /// The precise reason; oxide-auth's own error is its echo.
    fn reason(&self, error: &Error) -> Refusal {
        let noted = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        noted.unwrap_or_else(|| Fault::new("authorize", describe(error)).into())
    }

    fn note(&self, refusal: impl Into<Refusal>) {
        let mut noted = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get_or_insert(refusal.into());
    }

    /// One job: the request is answered, what was allowed is remembered, the code is stored.
    async fn store_code(&self, scope: Scope) -> Result<Outcome, Refusal> {
        let Some(Owner { user, session }) = self.owner else {
            return Err(Fault::new("authorize", "nobody is signed in").into());
        };
        let (request_id, until) = (self.request.id.clone(), self.request.expires_at);
        let now = self.app.clock.now();
        let basis = self.basis;
        let code = id::authorization_code();
        let new = NewCode {
            hash: code.digest(),
            grant_id: id::grant_id(),
            username: user.username.clone(),
            credential_version: user.credential_version,
            client_id: self.client.client_id.clone(),
            scope,
            redirect_uri: self.request.redirect_uri.clone(),
            code_challenge: self.request.code_challenge.clone(),
            created_at: now,
            expires_at: now.plus(self.app.lifetimes.authorization_code_ttl),
        };
        let (entry, session) = (entry(&new, basis), session.clone());
        let stored = self.app.store.write(move |conn| {
            Box::pin(async move {
                if !answered_requests::add(conn, &request_id, until).await? {
                    return Ok(Stored::AnsweredBefore);
                }
                if !codes::add(conn, &new).await? {
                    return Ok(Stored::Refused);
                }
                // Only now: who shuts a user out takes the user's row first, too.
                if !sessions::hold(conn, &new.username, &session, now).await? {
                    return Err(StoreError::Refused(SIGNED_OUT.into()));
                }
                let (user, client, scope) = (&new.username, &new.client_id, &new.scope);
                match basis {
                    Basis::Decided => consents::remember(conn, user, client, scope, now).await?,
                    Basis::Remembered if !consents::hold(conn, user, client, scope).await? => {
                        // Nothing of the job stands: neither the code nor the request's end.
                        return Err(StoreError::Refused(WITHDRAWN.into()));
                    }
                    Basis::Remembered | Basis::Trusted => {}
                }
                audit::record(conn, &entry).await?;
                Ok(Stored::Code)
            })
        });
        match stored.await {
            Ok(Stored::Code) => Ok(Outcome::Code(code)),
            Ok(Stored::AnsweredBefore) => Ok(Outcome::AnsweredBefore),
            Ok(Stored::Refused) => Ok(Outcome::Refused),
            Err(StoreError::Refused(reason)) if reason == WITHDRAWN => Ok(Outcome::Withdrawn),
            Err(StoreError::Refused(reason)) if reason == SIGNED_OUT => Ok(Outcome::SignedOut),
            Err(error) => Err(error.into()),
        }
    }
}

/// What the audit log tells of a code: the consent that was given just now, or why none was asked for.
fn entry(new: &NewCode, basis: Basis) -> Entry {
    let (event, why) = match basis {
        Basis::Decided => (Event::Consent, "allowed"),
        Basis::Remembered => (Event::Authorization, "allowed before"),
        Basis::Trusted => (Event::Authorization, "not asked, as the client says"),
    };
    let NewCode { grant_id, scope, .. } = new;
    Entry {
        subject: Some(new.username.clone()),
        client_id: Some(new.client_id.clone()),
        detail: audit::detail(&format!("{why}; grant {grant_id}, scope \"{scope}\"")),
        ..audit::done(new.created_at, event)
    }
}

const fn describe(error: &Error) -> &'static str {
    match error {
        Error::Ignore => "oxide-auth ignored a request that was checked",
        Error::Redirect(_) => "oxide-auth refused without a reason",
        Error::PrimitiveError => "oxide-auth failed without a reason",
    }
}

/// Why a job that rests on a remembered consent was rolled back.
const WITHDRAWN: &str = "the consent was withdrawn meanwhile";

/// Why a job of somebody was rolled back whose session is over.
const SIGNED_OUT: &str = "the session ended meanwhile";

enum Stored {
    Code,
    AnsweredBefore,
    Refused,
}

impl Endpoint for Authorization<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        self
    }

    fn authorizer(&mut self) -> &mut (dyn Authorizer + Send) {
        self
    }

    fn extension(&mut self) -> &mut (dyn Extension + Send) {
        self
    }
}

#[async_trait]
impl Registrar for Authorization<'_> {
    async fn bound_redirect<'a>(
        &self,
        bound: ClientUrl<'a>,
    ) -> Result<BoundClient<'a>, RegistrarError> {
        // Matched character by character before; oxide-auth would compare parsed URLs.
        let uri = bound.redirect_uri.ok_or(RegistrarError::Unspecified)?.into_owned();
        Ok(BoundClient {
            client_id: bound.client_id,
            redirect_uri: Cow::Owned(RegisteredUrl::Exact(uri)),
        })
    }

    async fn negotiate<'a>(
        &self,
        client: BoundClient<'a>,
        requested: Option<OxideScope>,
    ) -> Result<PreGrant, RegistrarError> {
        let requested = requested.as_ref().map(from_oxide);
        let held = self.owner.map(|owner| &owner.user.scopes);
        match narrow(requested.as_ref(), &self.client.scopes, held) {
            Ok(scope) => Ok(pre_grant(client, &scope)),
            Err(error) => {
                self.note(error);
                Err(RegistrarError::Unspecified)
            }
        }
    }

    /// Nobody authenticates a client at the authorization endpoint.
    async fn check(&self, _: &str, _: Option<&[u8]>) -> Result<(), RegistrarError> {
        Err(RegistrarError::Unspecified)
    }
}

#[async_trait]
impl Authorizer for Authorization<'_> {
    async fn authorize(&mut self, grant: Grant) -> Result<String, ()> {
        match self.store_code(from_oxide(&grant.scope)).await {
            Ok(outcome) => {
                let code = match &outcome {
                    Outcome::Code(code) => Ok(code.expose().to_owned()),
                    Outcome::AnsweredBefore
                    | Outcome::Refused
                    | Outcome::Withdrawn
                    | Outcome::SignedOut => Err(()),
                };
                self.outcome = Some(outcome);
                code
            }
            Err(refusal) => {
                self.note(refusal);
                Err(())
            }
        }
    }

    async fn extract(&mut self, _: &str) -> Result<Option<Grant>, ()> {
        Err(())
    }
}

#[async_trait]
impl Extension for Authorization<'_> {
    async fn extend(&mut self, request: &(dyn Request + Sync)) -> Result<Extensions, ()> {
        let challenge = request.extension("code_challenge").ok_or(())?;
        pkce::remember(&challenge)
    }
}
