//! `GET /users/me/`: the present user.

use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use scopegate_guard::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::CurrentUser;

/// A user.
#[derive(Serialize, ToSchema)]
pub struct UserBody<'a> {
    /// The username.
    #[schema(example = "johndoe")]
    username: &'a str,
    /// The e-mail address.
    #[schema(example = "johndoe@example.com")]
    email: Option<&'a str>,
    /// The full name.
    #[schema(example = "John Doe")]
    full_name: Option<&'a str>,
    /// Whether the account is disabled.
    #[schema(example = false)]
    disabled: bool,
}

/// The user whose token this is.
#[utoipa::path(
    get,
    path = "/users/me/",
    tag = "Users",
    responses((status = 200, description = "The user", body = UserBody<'_>)),
)]
pub async fn me(_: User, Extension(user): Extension<CurrentUser>) -> Response {
    let body = UserBody {
        username: &user.username,
        email: user.email.as_deref(),
        full_name: user.full_name.as_deref(),
        disabled: user.disabled,
    };
    Json(body).into_response()
}
