//! A token for the client itself, judged by oxide-auth's client credentials rule.

use std::borrow::Cow;

use async_trait::async_trait;
use oxide_auth::{
    code_grant::client_credentials::{Error, Request as ClientCredentialsRequest},
    primitives::grant::Grant,
};
use oxide_auth_async::{
    code_grant::client_credentials::{Endpoint, Extension, client_credentials},
    primitives::{Authorizer, Issuer, Registrar},
};
use scopegate_core::scope::Scope;

use super::Exchange;
use crate::{
    fault::Fault,
    oauth::{Issued, Refusal},
};

/// The request as oxide-auth's rule reads it. The client was authenticated by the pipeline, so that
/// its id stands here without its secret.
struct Request<'a> {
    client_id: &'a str,
    scope: Option<String>,
}

impl ClientCredentialsRequest for Request<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client_id), Cow::Borrowed(&[])))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.as_deref().map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("client_credentials"))
    }

    fn extension(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// The exchange, and two things that oxide-auth wants to see here though this grant has neither.
struct Handler<'e, 'a> {
    exchange: &'e mut Exchange<'a>,
    codes: NoCodes,
    extension: (),
}

struct NoCodes;

#[async_trait]
impl Authorizer for NoCodes {
    async fn authorize(&mut self, _grant: Grant) -> Result<String, ()> {
        Err(())
    }

    async fn extract(&mut self, _code: &str) -> Result<Option<Grant>, ()> {
        Ok(None)
    }
}

impl Endpoint for Handler<'_, '_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        &*self.exchange
    }

    fn authorizer(&mut self) -> &mut (dyn Authorizer + Send) {
        &mut self.codes
    }

    fn issuer(&mut self) -> &mut (dyn Issuer + Send) {
        self.exchange
    }

    fn extension(&mut self) -> &mut (dyn Extension + Send) {
        &mut self.extension
    }
}

impl Exchange<'_> {
    /// A new grant for the client itself: `sub` is its id, and there is never a refresh token
    /// (RFC 6749 §4.4.3).
    pub async fn issue_for_client(mut self, scope: Option<Scope>) -> Result<Issued, Refusal> {
        let client_id = self.client.client_id.clone();
        let request =
            Request { client_id: &client_id, scope: scope.as_ref().map(Scope::to_string) };
        let mut handler = Handler { exchange: &mut self, codes: NoCodes, extension: () };
        let outcome = match client_credentials(&mut handler, &request).await {
            Ok(pending) => pending.issue(&mut handler, client_id.clone(), false).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome {
            self.note(translate(error));
        }
        self.finish(outcome.is_ok())
    }
}

/// Nothing that a client can mend is left to oxide-auth: the traits note every such reason first.
fn translate(error: &Error) -> Refusal {
    let what = match error {
        Error::Ignore => "oxide-auth refused the client",
        Error::Invalid(_) => "oxide-auth refused the request",
        Error::Unauthorized(_, _) => "oxide-auth refused the authentication",
        Error::Primitive(_) => "oxide-auth failed",
    };
    Fault::new("client credentials", what).into()
}
