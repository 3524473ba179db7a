//! Columns as the types that the rest of the crate speaks of.

use scopegate_core::{clock::Timestamp, scope::Scope};
use sqlx::{Row, any::AnyRow};

use crate::StoreError;

/// A flag, kept as 0 or 1.
pub(crate) fn flag(row: &AnyRow, column: &str) -> Result<bool, StoreError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

/// A moment.
pub(crate) fn time(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(row.try_get(column)?))
}

/// A moment that may be absent.
pub(crate) fn time_option(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// Scope tokens separated by spaces.
pub(crate) fn scope(row: &AnyRow, column: &str) -> Result<Scope, StoreError> {
    let text: &str = row.try_get(column)?;
    Scope::parse(text).map_err(|reason| StoreError::Corrupt(format!("column {column}: {reason}")))
}
