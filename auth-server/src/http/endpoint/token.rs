//! `POST /token` (RFC 6749 §3.2).

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        error::{Answer, ErrorBody, NO_STORE},
        extract::{ClientNet, TokenForm},
    },
    oauth::{self, Issued},
};

/// A successful answer (RFC 6749 §5.1).
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// The access token: a JWT of RFC 9068.
    access_token: String,
    /// Always `bearer` (RFC 6750).
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(example = 1800)]
    expires_in: u64,
    /// What was granted; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "items me")]
    scope: Option<String>,
    /// For clients whose grants include `refresh_token`. It is spent by its use.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// The parameters of a token request, as the docs show them.
#[expect(dead_code, reason = "a schema for the docs; `Parameters` reads the form")]
#[derive(ToSchema)]
pub struct TokenRequestForm {
    /// `authorization_code`, `client_credentials`, `password` or `refresh_token`.
    #[schema(example = "password")]
    grant_type: String,
    /// The user, for `password`.
    username: Option<String>,
    /// The user's password, for `password`.
    #[schema(format = Password)]
    password: Option<String>,
    /// The refresh token, for `refresh_token`.
    refresh_token: Option<String>,
    /// The code, for `authorization_code`.
    code: Option<String>,
    /// What the code's challenge was made of (RFC 7636), for `authorization_code`.
    code_verifier: Option<String>,
    /// For `authorization_code`: as it was sent to `/authorize`. It may be left out.
    redirect_uri: Option<String>,
    /// Scopes separated by spaces; none asked is none granted.
    #[schema(example = "me items")]
    scope: Option<String>,
    /// The client, where no Basic header names it.
    client_id: Option<String>,
    /// The client's secret, where no Basic header carries it.
    #[schema(format = Password)]
    client_secret: Option<String>,
}

/// Issues an access token for a code, a password or a refresh token, or to a client for itself.
///
/// Clients authenticate by HTTP Basic (id and secret form-urlencoded first), by `client_id` and
/// `client_secret` in the form, or, public ones, by `client_id` alone.
#[utoipa::path(
    post,
    path = "/token",
    tag = "OAuth",
    request_body(content = TokenRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenResponse),
        (status = 400, description = "The request, grant or scope is not good", body = ErrorBody),
        (status = 401, description = "The client did not prove who it is", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 429, description = "Too many attempts have failed: try again after Retry-After", body = ErrorBody),
        (status = 503, description = "Try again after Retry-After", body = ErrorBody),
    ),
)]
pub async fn token(
    State(app): State<Arc<App>>,
    ClientNet(net): ClientNet,
    form: Result<TokenForm, Answer>,
) -> Result<Response, Answer> {
    let form = form.inspect_err(|_| oauth::unreadable(&app))?;
    let issued = oauth::answer(&app, net, form.credentials, &form.parameters).await?;
    Ok((NO_STORE, Json(TokenResponse::from(issued))).into_response())
}

impl From<Issued> for TokenResponse {
    fn from(issued: Issued) -> Self {
        Self {
            access_token: issued.access_token,
            token_type: "bearer",
            expires_in: issued.expires_in,
            scope: Some(issued.scope.to_string()).filter(|scope| !scope.is_empty()),
            refresh_token: issued.refresh_token.map(|token| token.expose().to_owned()),
        }
    }
}
