//! `GET /users/me/items/`: what the present user owns.

use axum::{Json, extract::State};
use scopegate_guard::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, error::Away};

/// An item.
#[derive(Serialize, ToSchema)]
pub struct ItemBody {
    /// The item's id.
    #[schema(example = "Foo")]
    item_id: String,
    /// The username of its owner.
    #[schema(example = "johndoe")]
    owner: String,
}

/// The items of the user whose token this is.
#[utoipa::path(
    get,
    path = "/users/me/items/",
    tag = "Users",
    responses((status = 200, description = "The user's items", body = [ItemBody])),
)]
pub async fn items(user: User, State(app): State<App>) -> Result<Json<Vec<ItemBody>>, Away> {
    let items = app.directory.items_of(user.username()).await?;
    Ok(Json(
        items
            .into_iter()
            .map(|item| ItemBody { item_id: item.item_id, owner: item.owner })
            .collect(),
    ))
}
