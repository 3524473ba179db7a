//! The table `redirect_uris`: where a client's codes may go, and the origins that follow from it.

use url::Url;

use crate::{Connection, StoreError};

const OF_CLIENT: &str = "SELECT uri FROM redirect_uris WHERE client_id = $1 ORDER BY position";

const ORIGIN_OF_PUBLIC_CLIENT: &str = "\
    SELECT r.uri FROM redirect_uris r JOIN clients c ON c.client_id = r.client_id \
    WHERE r.origin = $1 AND c.secret_sha256 IS NULL AND c.disabled = 0 LIMIT 1";

const CLEAR: &str = "DELETE FROM redirect_uris WHERE client_id = $1";

const ADD: &str = "\
    INSERT INTO redirect_uris (client_id, uri, origin, position) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (client_id, uri) DO NOTHING";

pub(crate) async fn of_client(
    conn: &mut Connection,
    client_id: &str,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(OF_CLIENT).bind(client_id).fetch_all(conn).await?)
}

pub(crate) async fn has_origin_of_public_client(
    conn: &mut Connection,
    origin: &str,
) -> Result<bool, StoreError> {
    let found = sqlx::query(ORIGIN_OF_PUBLIC_CLIENT).bind(origin).fetch_optional(conn).await?;
    Ok(found.is_some())
}

pub(crate) async fn replace(
    conn: &mut Connection,
    client_id: &str,
    uris: &[String],
) -> Result<(), StoreError> {
    sqlx::query(CLEAR).bind(client_id).execute(&mut *conn).await?;
    for (position, uri) in (0_i64..).zip(uris) {
        sqlx::query(ADD)
            .bind(client_id)
            .bind(uri)
            .bind(origin(uri))
            .bind(position)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The origin as a browser sends it (RFC 6454 §6.2); only pages of the web have one.
fn origin(uri: &str) -> Option<String> {
    let uri = Url::parse(uri).ok()?;
    matches!(uri.scheme(), "http" | "https").then(|| uri.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_have_an_origin() {
        for (uri, expected) in [
            ("https://app.example/callback?x=1", Some("https://app.example")),
            ("https://APP.example:443/callback", Some("https://app.example")),
            ("http://localhost:5173/cb", Some("http://localhost:5173")),
            ("http://[::1]:8080/cb", Some("http://[::1]:8080")),
            ("com.example.app:/callback", None),
            ("not a uri", None),
        ] {
            assert_eq!(origin(uri).as_deref(), expected, "{uri}");
        }
    }
}
