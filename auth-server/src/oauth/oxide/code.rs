//! Exchange of authorization codes (RFC 6749 §4.1.3), driven by oxide-auth's access-token rule.

use std::borrow::Cow;

use async_trait::async_trait;
use oxide_auth::{
    code_grant::accesstoken::{Authorization, Request as TokenRequest},
    primitives::grant::{Extensions, Grant},
};
use oxide_auth_async::{
    code_grant::access_token::{Endpoint, Extension},
    primitives::{Authorizer, Issuer, Registrar},
};
use scopegate_core::scope::Scope;
use scopegate_store::{
    codes::{self, Code, Redeemed, Redemption},
    users,
};

use super::{Exchange, far_ahead, pkce, to_oxide};
use crate::{
    audit::{self, Entry, Event, Outcome, Reason},
    fault::Fault,
    id,
    oauth::{
        GrantType, Issued, OAuthError, Refusal, grant::authorization_code::AuthorizationCodeGrant,
        token::narrow_again,
    },
};

const BAD_CODE: OAuthError =
    OAuthError::invalid_grant("The authorization code is invalid, expired or was used before");

/// The code under way: what the request carries, and what is stored.
pub struct CodeUnderWay {
    presented: AuthorizationCodeGrant,
    stored: Code,
}

/// The request as oxide-auth's rule reads it. It insists on a redirect URI and compares parsed
/// URLs; ours were compared character by character, so it is shown the stored one.
struct Request<'a> {
    code: &'a str,
    verifier: &'a str,
    redirect_uri: &'a str,
    client_id: &'a str,
}

impl TokenRequest for Request<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.code))
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(Cow::Borrowed(self.client_id))
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.redirect_uri))
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("authorization_code"))
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        (key == "code_verifier").then_some(Cow::Borrowed(self.verifier))
    }
}

impl Exchange<'_> {
    /// Redeems a code.
    pub async fn redeem(mut self, grant: AuthorizationCodeGrant) -> Result<Issued, Refusal> {
        let stored = self.find_code(&grant).await?;
        let redirect_uri = stored.redirect_uri.clone();
        let (code, verifier) = (grant.code.clone(), grant.verifier.clone());
        self.code = Some(CodeUnderWay { presented: grant, stored });
        let request = Request {
            code: code.expose(),
            verifier: verifier.expose(),
            redirect_uri: &redirect_uri,
            client_id: &self.client.client_id,
        };
        let outcome =
            oxide_auth_async::code_grant::access_token::access_token(&mut self, &request).await;
        if outcome.is_err() {
            self.note(BAD_CODE);
        }
        self.finish(outcome.is_ok())
    }

    /// Finds the code, if it is this client's and was sent to this redirect URI. Reads only: a
    /// wrong client or redirect URI leaves the code whole.
    async fn find_code(&self, grant: &AuthorizationCodeGrant) -> Result<Code, Refusal> {
        let found = codes::find(&mut *self.app.store.read().await?, &grant.code.digest()).await?;
        let Some(stored) = found else {
            return Err(self.guessed(bad_code(Reason::UnknownCode)).await);
        };
        if stored.client_id != self.client.client_id {
            return Err(bad_code(Reason::OthersCode).into());
        }
        audit::subject(&stored.username);
        let is_sent_elsewhere =
            grant.redirect_uri.as_ref().is_some_and(|uri| *uri != stored.redirect_uri);
        if is_sent_elsewhere {
            audit::because(Reason::OtherRedirectUri);
            return Err(
                OAuthError::invalid_grant("The redirect_uri is not that of the code").into()
            );
        }
        Ok(stored)
    }

    /// What the access token gets: of what was allowed, as far as client and user still hold it.
    async fn scope_now(&self, code: &Code) -> Result<Scope, Refusal> {
        let user = users::find(&mut *self.app.store.read().await?, &code.username).await?;
        let user = user.filter(|user| !user.disabled);
        let held = user.map(|user| user.scopes).ok_or_else(|| bad_code(Reason::DisabledUser))?;
        Ok(narrow_again(None, &code.scope, &self.client.scopes, Some(&held))?)
    }

    /// The write that decides: one exchange wins, and a later one revokes what it was given.
    pub(super) async fn redeem_and_mint(&self) -> Result<Issued, Refusal> {
        let Some(CodeUnderWay { stored: code, .. }) = &self.code else {
            return Err(Fault::new("code", "oxide-auth asked in another order").into());
        };
        // A replay gets nothing, and is shown to the store whatever has become of the user.
        let is_replay = code.used_at.is_some();
        let scope = if is_replay { Scope::empty() } else { self.scope_now(code).await? };
        let refresh = self.client.may(GrantType::RefreshToken).then(id::refresh_token);
        let access_until = self.now.plus(self.app.lifetimes.access_token_ttl);
        let family_until = self.now.plus(self.app.lifetimes.refresh_token_max_age);
        let redemption = Redemption {
            hash: code.hash.clone(),
            client_id: code.client_id.clone(),
            now: self.now,
            access_until,
            expires_at: if refresh.is_some() { family_until } else { access_until },
            refresh: refresh.as_ref().map(|token| self.new_refresh_token(token)),
        };
        let issued = self.issued(Event::TokenCode, Some(&code.username), &code.grant_id, &scope);
        let replayed = self.refused(code, Event::CodeReplay, Reason::ReplayedCode);
        let redeemed = self.app.store.write_told(move |conn| {
            Box::pin(async move {
                let redeemed = codes::redeem(conn, &redemption).await?;
                let entries = match &redeemed {
                    Redeemed::Fresh => vec![issued],
                    Redeemed::Replayed { .. } => vec![replayed],
                    Redeemed::Gone => Vec::new(),
                };
                Ok((redeemed, entries))
            })
        });
        match redeemed.await? {
            Redeemed::Fresh => self.mint(&code.grant_id, &code.username, scope, refresh),
            Redeemed::Replayed { grant_id } => {
                self.app.metrics.requests.code_replays.inc();
                audit::told();
                tracing::warn!(
                    client = code.client_id,
                    user = code.username,
                    grant = grant_id,
                    "an authorization code was used twice; what it gave is revoked"
                );
                Err(BAD_CODE.into())
            }
            Redeemed::Gone => Err(bad_code(Reason::UnknownCode).into()),
        }
    }

    /// A wrong verifier from the right client: somebody is guessing, so the code is spent.
    async fn burn(&self, code: &Code) -> Result<(), Refusal> {
        let (hash, client_id, now) = (code.hash.clone(), code.client_id.clone(), self.now);
        let entry = self.refused(code, Event::TokenCode, Reason::WrongVerifier);
        let burnt = self.app.store.write(move |conn| {
            Box::pin(async move {
                let burnt = codes::burn(conn, &hash, &client_id, now).await?;
                if burnt {
                    audit::record(conn, &entry).await?;
                }
                Ok(burnt)
            })
        });
        if burnt.await? {
            audit::told();
        }
        audit::because(Reason::WrongVerifier);
        Ok(())
    }

    /// What the audit log tells of a code that was spent for nothing.
    fn refused(&self, code: &Code, event: Event, reason: Reason) -> Entry {
        Entry {
            outcome: Outcome::Refused,
            reason: Some(reason.as_str().to_owned()),
            subject: Some(code.username.clone()),
            client_id: Some(code.client_id.clone()),
            detail: audit::detail(&format!("grant {}", code.grant_id)),
            ..audit::done(self.now, event)
        }
    }
}

/// One text for whoever asks; the audit log has the reason.
fn bad_code(reason: Reason) -> OAuthError {
    audit::because(reason);
    BAD_CODE
}

impl Endpoint for Exchange<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        self
    }

    fn authorizer(&mut self) -> &mut (dyn Authorizer + Send) {
        self
    }

    fn issuer(&mut self) -> &mut (dyn Issuer + Send) {
        self
    }

    fn extension(&mut self) -> &mut (dyn Extension + Send) {
        self
    }
}

#[async_trait]
impl Authorizer for Exchange<'_> {
    /// Codes are made at the authorization endpoint, not here.
    async fn authorize(&mut self, _: Grant) -> Result<String, ()> {
        Err(())
    }

    async fn extract(&mut self, _: &str) -> Result<Option<Grant>, ()> {
        let Some(CodeUnderWay { stored: code, .. }) = &self.code else { return Ok(None) };
        let redirect_uri = code.redirect_uri.parse().map_err(|_| ())?;
        Ok(Some(Grant {
            owner_id: code.username.clone(),
            client_id: code.client_id.clone(),
            scope: to_oxide(&code.scope),
            redirect_uri,
            until: far_ahead(),
            extensions: Extensions::new(),
        }))
    }
}

#[async_trait]
impl Extension for Exchange<'_> {
    async fn extend(
        &mut self,
        _: &(dyn TokenRequest + Sync),
        extensions: Extensions,
    ) -> Result<Extensions, ()> {
        let Some(CodeUnderWay { presented, stored: code }) = &self.code else {
            return Err(());
        };
        if pkce::is_proved(&code.code_challenge, presented.verifier.expose()) {
            return Ok(extensions);
        }
        // A used code is shown to the store, as any replay is.
        let spent = if code.used_at.is_some() {
            self.redeem_and_mint().await.map(|_| ())
        } else {
            self.burn(code).await
        };
        match spent {
            Ok(()) => {
                self.note(OAuthError::invalid_grant("The code_verifier does not fit the code"));
            }
            Err(refusal) => self.note(refusal),
        }
        Err(())
    }
}
