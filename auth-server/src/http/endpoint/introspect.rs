//! `POST /introspect` (RFC 7662).

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::revoke::PresentedTokenForm;
use crate::{
    app::App,
    http::{
        error::{Answer, ErrorBody, NO_STORE},
        extract::{ClientNet, TokenForm},
    },
    oauth::{self, ActiveToken, TokenKind},
};

/// What is known of a token (RFC 7662 §2.2). Of one that is not active, nothing is told but that.
#[derive(Default, Serialize, ToSchema)]
pub struct Introspection {
    /// Whether the token is good, here and now, as far as it concerns the client that asks.
    active: bool,
    /// What was granted; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "items me")]
    scope: Option<String>,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// The user; absent where the client acts for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// The user, or the client where it acts for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// When it expires, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was issued, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// The resource server, of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    /// `bearer`, of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "bearer")]
    token_type: Option<&'static str>,
    /// The id of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// Says whether a token is active, and what it is good for.
///
/// For confidential clients: about their own tokens, or, for one that is registered as a resource
/// server, about every access token of the audience. Anything else is not active.
#[utoipa::path(
    post,
    path = "/introspect",
    tag = "OAuth",
    request_body(content = PresentedTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What is known of the token", body = Introspection),
        (status = 400, description = "The request is not good", body = ErrorBody),
        (status = 401, description = "The client did not prove who it is", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 429, description = "Too many attempts have failed: try again after Retry-After", body = ErrorBody),
        (status = 503, description = "Try again after Retry-After", body = ErrorBody),
    ),
)]
pub async fn introspect(
    State(app): State<Arc<App>>,
    ClientNet(net): ClientNet,
    form: TokenForm,
) -> Result<Response, Answer> {
    let found = oauth::introspect(&app, net, form.credentials, &form.parameters).await?;
    let answer =
        found.map_or_else(Introspection::default, |token| Introspection::active(&app, token));
    Ok((NO_STORE, Json(answer)).into_response())
}

impl Introspection {
    fn active(app: &App, token: ActiveToken) -> Self {
        // A refresh token is for this server alone. It has neither audience nor type here, so that
        // nobody takes it for something to open a resource with.
        let (token_type, aud, jti) = match token.kind {
            TokenKind::Access { jti } => {
                (Some("bearer"), Some(app.audience().to_owned()), Some(jti))
            }
            TokenKind::Refresh => (None, None, None),
        };
        Self {
            active: true,
            scope: Some(token.scope.to_string()).filter(|scope| !scope.is_empty()),
            sub: Some(token.username.clone().unwrap_or_else(|| token.client_id.clone())),
            client_id: Some(token.client_id),
            username: token.username,
            exp: Some(token.expires_at),
            iat: token.issued_at,
            iss: Some(app.issuer().to_owned()),
            aud,
            token_type,
            jti,
        }
    }
}
