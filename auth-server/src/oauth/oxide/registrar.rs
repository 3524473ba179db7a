//! What a client may have: the `Registrar` of oxide-auth over the authenticated client.

use std::borrow::Cow;

use async_trait::async_trait;
use oxide_auth::primitives::{
    registrar::{BoundClient, ClientUrl, PreGrant, RegisteredUrl, RegistrarError},
    scope::Scope,
};
use oxide_auth_async::primitives::Registrar;

use super::{Exchange, from_oxide, no_redirect, pre_grant};
use crate::oauth::token::narrow;

#[async_trait]
impl Registrar for Exchange<'_> {
    async fn bound_redirect<'a>(
        &self,
        bound: ClientUrl<'a>,
    ) -> Result<BoundClient<'a>, RegistrarError> {
        Ok(BoundClient {
            client_id: bound.client_id,
            redirect_uri: Cow::Owned(RegisteredUrl::Exact(no_redirect())),
        })
    }

    async fn negotiate<'a>(
        &self,
        client: BoundClient<'a>,
        requested: Option<Scope>,
    ) -> Result<PreGrant, RegistrarError> {
        let requested = requested.as_ref().map(from_oxide);
        let held = self.user.as_ref().map(|user| &user.scopes);
        match narrow(requested.as_ref(), &self.client.scopes, held) {
            Ok(scope) => Ok(pre_grant(client, &scope)),
            Err(error) => {
                self.note(error);
                Err(RegistrarError::Unspecified)
            }
        }
    }

    /// The pipeline has authenticated the client; oxide-auth asks once more.
    async fn check(
        &self,
        client_id: &str,
        _passphrase: Option<&[u8]>,
    ) -> Result<(), RegistrarError> {
        if client_id == self.client.client_id { Ok(()) } else { Err(RegistrarError::Unspecified) }
    }
}
