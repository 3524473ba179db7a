//! `GET /users/me/`: the present user.

use axum::{Extension, Json};
use scopegate_guard::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::CurrentUser;

/// A user.
#[derive(Serialize, ToSchema)]
pub struct UserBody {
    /// The username.
    #[schema(example = "johndoe")]
    username: String,
    /// The e-mail address.
    #[schema(example = "johndoe@example.com")]
    email: Option<String>,
    /// The full name.
    #[schema(example = "John Doe")]
    full_name: Option<String>,
    /// Whether the account is disabled.
    #[schema(example = false)]
    disabled: bool,
}

/// The user whose token this is.
#[utoipa::path(
    get,
    path = "/users/me/",
    tag = "Users",
    responses((status = 200, description = "The user", body = UserBody)),
)]
pub async fn me(_: User, Extension(user): Extension<CurrentUser>) -> Json<UserBody> {
    Json(UserBody {
        username: user.username.clone(),
        email: user.email.clone(),
        full_name: user.full_name.clone(),
        disabled: user.disabled,
    })
}
