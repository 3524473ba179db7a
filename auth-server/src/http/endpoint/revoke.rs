//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        error::{Answer, ErrorBody, NO_STORE},
        extract::{ClientNet, TokenForm},
    },
    oauth,
};

/// The parameters of a request about a token, as the docs show them.
#[expect(dead_code, reason = "a schema for the docs; `Parameters` reads the form")]
#[derive(ToSchema)]
pub struct PresentedTokenForm {
    /// The access or refresh token.
    #[schema(min_length = 1)]
    token: String,
    /// `access_token` or `refresh_token`. The server tells them apart by itself.
    token_type_hint: Option<String>,
    /// The client, where no Basic header names it.
    client_id: Option<String>,
    /// The client's secret, where no Basic header carries it.
    #[schema(format = Password)]
    client_secret: Option<String>,
}

/// Revokes a token of the client that asks.
///
/// A refresh token takes everything along that came of the same login; an access token goes alone.
/// A token that is unknown, expired or another client's is answered likewise, and nothing happens.
#[utoipa::path(
    post,
    path = "/revoke",
    tag = "OAuth",
    request_body(content = PresentedTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is good for nothing, now or already before"),
        (status = 400, description = "The request is not good", body = ErrorBody),
        (status = 401, description = "The client did not prove who it is", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 429, description = "Too many attempts have failed: try again after Retry-After", body = ErrorBody),
        (status = 503, description = "Not revoked: try again after Retry-After", body = ErrorBody),
    ),
)]
pub async fn revoke(
    State(app): State<Arc<App>>,
    ClientNet(net): ClientNet,
    form: TokenForm,
) -> Result<Response, Answer> {
    oauth::revoke(&app, net, form.credentials, &form.parameters).await?;
    Ok(NO_STORE.into_response())
}
