//! What a client may have: the `Registrar` of oxide-auth over the authenticated client.

use std::borrow::Cow;

use async_trait::async_trait;
use oxide_auth::primitives::{
    registrar::{BoundClient, ClientUrl, ExactUrl, PreGrant, RegisteredUrl, RegistrarError},
    scope::Scope,
};
use oxide_auth_async::primitives::Registrar;

use super::{Exchange, from_oxide, to_oxide};
use crate::oauth::token::narrow;

/// Grants without a redirect still carry one in oxide-auth's types.
const NO_REDIRECT: &str = "urn:scopegate:no-redirect";

#[async_trait]
impl Registrar for Exchange<'_> {
    async fn bound_redirect<'a>(
        &self,
        bound: ClientUrl<'a>,
    ) -> Result<BoundClient<'a>, RegistrarError> {
        let url: ExactUrl = NO_REDIRECT.parse().expect("a constant URL parses");
        Ok(BoundClient {
            client_id: bound.client_id,
            redirect_uri: Cow::Owned(RegisteredUrl::Exact(url)),
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
            Ok(scope) => Ok(PreGrant {
                client_id: client.client_id.into_owned(),
                redirect_uri: client.redirect_uri.into_owned(),
                scope: to_oxide(&scope),
            }),
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
