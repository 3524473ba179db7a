//! What a token turns out to be that a client presents at the revocation or introspection endpoint.

use scopegate_core::{claims::Verified, clock::Timestamp, verify::Expectation};
use scopegate_store::{
    Connection, StoreError,
    refresh_tokens::{self, RefreshToken},
};

use super::{OAuthError, Parameters};
use crate::{app::App, secret::Secret};

/// A token of ours.
pub enum Presented {
    /// An access token with a good signature, which has not expired.
    Access(AccessToken),
    /// A refresh token that the store knows.
    Refresh(RefreshToken),
}

/// What an access token says; all of it is in every token that this server issues.
pub struct AccessToken {
    pub claims: Verified,
    pub client_id: String,
    pub jti: String,
    pub grant_id: String,
}

/// The parameter `token` (RFC 7009 §2.1, RFC 7662 §2.1). `token_type_hint` is not read: the two kinds
/// look different, and a wrong hint must change nothing.
pub fn parse(parameters: &Parameters) -> Result<Secret, OAuthError> {
    parameters
        .find("token")
        .map(|token| Secret::new(token.to_owned()))
        .ok_or(OAuthError::invalid_request("The parameter token is missing"))
}

/// Recognises a token of ours; `None` for anything else.
pub async fn recognise(
    app: &App,
    conn: &mut Connection,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<Presented>, StoreError> {
    // Three segments with dots between them are a JWT; a refresh token has none.
    if token.expose().contains('.') {
        return Ok(access_token(app, token, now).map(Presented::Access));
    }
    Ok(refresh_tokens::find(conn, &token.digest()).await?.map(Presented::Refresh))
}

fn access_token(app: &App, token: &Secret, now: Timestamp) -> Option<AccessToken> {
    let expected = Expectation { issuer: app.issuer().into(), audience: app.audience().into() };
    let mut claims = expected.verify(token.expose(), &app.signing.verifying(), now).ok()?;
    Some(AccessToken {
        client_id: claims.client_id.clone()?,
        jti: claims.token_id.take()?,
        grant_id: claims.grant_id.take()?,
        claims,
    })
}
