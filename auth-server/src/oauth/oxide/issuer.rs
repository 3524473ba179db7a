//! Storing and minting: the `Issuer` of oxide-auth. The store decides first, then a token is signed.

use async_trait::async_trait;
use oxide_auth::primitives::{
    grant::Grant,
    issuer::{IssuedToken, RefreshedToken, TokenType},
};
use oxide_auth_async::primitives::Issuer;
use scopegate_core::{claims::Claims, scope::Scope};
use scopegate_store::grants::{self, NewGrant, NewRefreshToken, OwnGrant};

use super::{Exchange, far_ahead, from_oxide};
use crate::{
    audit::{self, Entry, Event, Reason},
    fault::Fault,
    id,
    oauth::{GrantType, Issued, OAuthError, Refusal},
    secret::Secret,
};

impl Exchange<'_> {
    /// Opens a grant in the store, provided that nothing it rests on has changed meanwhile.
    async fn open(&self, scope: &Scope) -> Result<(String, Option<Secret>), Refusal> {
        let lifetimes = &self.app.lifetimes;
        let now = self.now;
        let access_until = now.plus(lifetimes.access_token_ttl);
        // A client that acts for itself can ask again (RFC 6749 §4.4.3).
        let refreshes = self.user.is_some() && self.client.may(GrantType::RefreshToken);
        let refresh = refreshes.then(id::refresh_token);
        let grant = NewGrant {
            id: id::grant_id(),
            username: self.user.as_ref().map(|user| user.username.clone()),
            credential_version: self.user.as_ref().map(|user| user.credential_version),
            client_id: self.client.client_id.clone(),
            client_updated_at: self.client.remembered_at(),
            scope: scope.clone(),
            created_at: now,
            access_until,
            expires_at: if refreshes {
                now.plus(lifetimes.refresh_token_max_age)
            } else {
                access_until
            },
            refresh: refresh.as_ref().map(|token| self.new_refresh_token(token)),
        };
        let id = grant.id.clone();
        let of_user = self.user.is_some();
        let event = if of_user { Event::TokenPassword } else { Event::TokenClient };
        let entry = self.issued(event, grant.username.as_deref(), &id, scope);
        let store = &self.app.store;
        let opened = if of_user {
            let open = store.write_told(move |conn| {
                Box::pin(async move {
                    let opened = grants::open(conn, &grant).await?;
                    Ok((opened, opened.then_some(entry).into_iter().collect()))
                })
            });
            open.await?
        } else {
            store.write_alike(OwnGrant { grant, entry }).await?
        };
        if opened {
            return Ok((id, refresh));
        }
        audit::because(Reason::Meanwhile);
        Err(if of_user { OAuthError::WRONG_LOGIN } else { OAuthError::INVALID_CLIENT }.into())
    }

    /// What the audit log tells of an access token that is about to be issued.
    pub(super) fn issued(
        &self,
        event: Event,
        username: Option<&str>,
        grant_id: &str,
        scope: &Scope,
    ) -> Entry {
        Entry {
            subject: username.map(str::to_owned),
            client_id: Some(self.client.client_id.clone()),
            detail: audit::detail(&format!("grant {grant_id}, scope \"{scope}\"")),
            ..audit::done(self.now, event)
        }
    }

    /// The row of a family's first refresh token.
    pub(super) fn new_refresh_token(&self, token: &Secret) -> NewRefreshToken {
        NewRefreshToken {
            hash: token.digest(),
            expires_at: self.now.plus(self.app.lifetimes.refresh_token_ttl),
        }
    }

    /// Signs an access token of a grant that the store holds.
    pub(super) fn mint(
        &self,
        grant_id: &str,
        owner_id: &str,
        scope: Scope,
        refresh_token: Option<Secret>,
    ) -> Result<Issued, Refusal> {
        let lifetime = self.app.lifetimes.access_token_ttl;
        let access_token = self
            .app
            .signing
            .minter(self.now)?
            .mint(&Claims {
                iss: self.app.issuer(),
                sub: owner_id,
                aud: self.app.audience(),
                exp: self.now.plus(lifetime).seconds(),
                iat: self.now.seconds(),
                jti: &id::token_id(),
                client_id: &self.client.client_id,
                scope: &scope,
                grant_id,
            })
            .map_err(|error| Fault::new("mint", error))?;
        Ok(Issued { access_token, expires_in: lifetime.as_secs(), scope, refresh_token })
    }

    fn keep<T>(
        &mut self,
        outcome: Result<Issued, Refusal>,
        form: fn(&Issued) -> T,
    ) -> Result<T, ()> {
        match outcome {
            Ok(issued) => Ok(form(self.issued.insert(issued))),
            Err(refusal) => {
                self.note(refusal);
                Err(())
            }
        }
    }

    async fn open_and_mint(&self, grant: &Grant) -> Result<Issued, Refusal> {
        let scope = from_oxide(&grant.scope);
        let (grant_id, refresh) = self.open(&scope).await?;
        self.mint(&grant_id, &grant.owner_id, scope, refresh)
    }
}

#[async_trait]
impl Issuer for Exchange<'_> {
    async fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let outcome = match &self.code {
            Some(_) => self.redeem_and_mint().await,
            None => self.open_and_mint(&grant).await,
        };
        self.keep(outcome, |issued| IssuedToken {
            token: issued.access_token.clone(),
            refresh: None,
            until: far_ahead(),
            token_type: TokenType::Bearer,
        })
    }

    async fn refresh(&mut self, _token: &str, _grant: Grant) -> Result<RefreshedToken, ()> {
        let outcome = self.rotate_and_mint().await;
        self.keep(outcome, |issued| RefreshedToken {
            token: issued.access_token.clone(),
            refresh: None,
            until: far_ahead(),
            token_type: TokenType::Bearer,
        })
    }

    /// Access tokens are self-contained; oxide-auth's resource rule is not used.
    async fn recover_token(&mut self, _token: &str) -> Result<Option<Grant>, ()> {
        Ok(None)
    }

    async fn recover_refresh(&mut self, token: &str) -> Result<Option<Grant>, ()> {
        match self.recover(&Secret::new(token.to_owned())).await {
            Ok(grant) => Ok(Some(grant)),
            Err(refusal) => {
                self.note(refusal);
                Ok(None)
            }
        }
    }
}
