//! The table `items`: the demo resource, things that users own.

use sqlx::{Row, any::AnyRow};

use crate::{Connection, StoreError};

/// A thing that a user owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub item_id: String,
    /// The username of its owner.
    pub owner: String,
}

const FIND: &str = "SELECT item_id, owner FROM items WHERE item_id = $1";

const OF_OWNER: &str = "SELECT item_id, owner FROM items WHERE owner = $1 ORDER BY item_id";

const ADD: &str = "\
    INSERT INTO items (item_id, owner) SELECT $1, username FROM users WHERE username = $2 \
    ON CONFLICT (item_id) DO NOTHING";

/// Looks an item up.
pub async fn find(conn: &mut Connection, item_id: &str) -> Result<Option<Item>, StoreError> {
    sqlx::query(FIND).bind(item_id).fetch_optional(conn).await?.as_ref().map(from_row).transpose()
}

/// What a user owns, by id.
pub async fn of_owner(conn: &mut Connection, owner: &str) -> Result<Vec<Item>, StoreError> {
    sqlx::query(OF_OWNER).bind(owner).fetch_all(conn).await?.iter().map(from_row).collect()
}

/// Adds an item, again as often as one likes. [`StoreError::Refused`] if the owner does not exist,
/// [`StoreError::Conflict`] if the item is another's.
pub async fn add(conn: &mut Connection, item: &Item) -> Result<(), StoreError> {
    let added = sqlx::query(ADD).bind(&item.item_id).bind(&item.owner).execute(&mut *conn).await?;
    if added.rows_affected() > 0 {
        return Ok(());
    }
    match find(conn, &item.item_id).await? {
        Some(found) if found.owner == item.owner => Ok(()),
        Some(_) => Err(StoreError::Conflict(format!("the item {:?} is another's", item.item_id))),
        None => Err(StoreError::Refused(format!("there is no user {:?}", item.owner))),
    }
}

fn from_row(row: &AnyRow) -> Result<Item, StoreError> {
    Ok(Item { item_id: row.try_get("item_id")?, owner: row.try_get("owner")? })
}
