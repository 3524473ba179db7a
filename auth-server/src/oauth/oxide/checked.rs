//! A checked authorization request as oxide-auth reads it.

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::Request;

use crate::oauth::authorize::AuthorizeRequest;

/// The request as oxide-auth reads it; it has been checked more strictly than oxide-auth does.
pub(super) struct Checked<'a>(pub(super) &'a AuthorizeRequest);

impl Request for Checked<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.0.client_id))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.0.scope.as_ref().map(|scope| Cow::Owned(scope.to_string()))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.0.redirect_uri))
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        self.0.state.as_deref().map(Cow::Borrowed)
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed("code"))
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        match key {
            "code_challenge" => Some(Cow::Borrowed(&self.0.code_challenge)),
            "code_challenge_method" => Some(Cow::Borrowed("S256")),
            _ => None,
        }
    }
}
