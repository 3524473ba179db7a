//! Stores of any size, written as fast as `SQLite` can: rows are made where they are kept.

use std::path::Path;

use scopegate_core::clock::Timestamp;

use crate::{
    Connection, StoreError, Synchronous,
    connect::{self, Role},
    file::FileId,
};

/// How much of each to add. Names are numbered from 0: `user0`, `client0`, `scope0`.
#[derive(Clone, Debug)]
pub struct Filling {
    /// Users, all with the same password.
    pub users: u64,
    /// Their password's hash.
    pub password_hash: String,
    /// Families of refresh tokens, spread over the users in turn.
    pub families: u64,
    /// Refresh tokens of each family, of which all but the last are spent.
    pub tokens_per_family: u64,
    /// Confidential clients; each may ask for ten of the scopes.
    pub clients: u64,
    /// The SHA-256 of their secret.
    pub secret_sha256: String,
    /// Scopes beside `me`; each user holds `me` and four of them.
    pub scopes: u64,
    /// Now.
    pub now: Timestamp,
}

const NUMBERS: &str = "\
    CREATE TEMPORARY TABLE numbers AS \
    WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < $1) \
    SELECT n FROM counted";

const SCOPES: &str = "\
    INSERT INTO scopes (name, description, created_at) \
    SELECT 'scope' || n, 'Bench.', $1 FROM numbers WHERE n < $2";

const CLIENT_SUBJECTS: &str = "\
    INSERT INTO subjects (name, kind, created_at) \
    SELECT 'client' || n, 'client', $1 FROM numbers WHERE n < $2";

const CLIENTS: &str = "\
    INSERT INTO clients (client_id, name, secret_sha256, grants, consent, resource_server, disabled, \
        created_at, updated_at) \
    SELECT 'client' || n, 'Bench', $3, 'client_credentials', 'skip', 0, 0, $1, $1 \
    FROM numbers WHERE n < $2";

const CLIENT_SCOPES: &str = "\
    INSERT INTO client_scopes (client_id, scope) \
    SELECT 'client' || c.n, 'scope' || ((c.n + s.n) % $2) \
    FROM numbers c JOIN numbers s ON s.n < 10 AND s.n < $2 WHERE c.n < $1";

/// In the order of their names, so that an index grows at its end.
const USER_SUBJECTS: &str = "\
    INSERT INTO subjects (name, kind, created_at) \
    SELECT 'user' || n, 'user', $1 FROM numbers WHERE n < $2 ORDER BY CAST(n AS TEXT)";

const USERS: &str = "\
    INSERT INTO users (username, full_name, email, password_hash, credential_version, disabled, \
        created_at, updated_at) \
    SELECT 'user' || n, 'User ' || n, 'user' || n || '@example.com', $3, 1, 0, $1, $1 \
    FROM numbers WHERE n < $2 ORDER BY CAST(n AS TEXT)";

const USER_SCOPES: &str = "\
    INSERT INTO user_scopes (username, scope) \
    SELECT 'user' || u.n, CASE s.n WHEN 0 THEN 'me' ELSE 'scope' || ((u.n + s.n) % $2) END \
    FROM numbers u JOIN numbers s ON s.n < 5 AND s.n < $2 WHERE u.n < $1";

/// The letters of base64url in the order in which a database has them. Two of them in front of a
/// number spread ids and hashes over all places of an index, in its own order.
const LETTERS: &str = "\
    CREATE TEMPORARY TABLE letters AS SELECT \
    '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz' AS letter";

const GRANTS: &str = "\
    INSERT INTO grants (id, username, client_id, scope, created_at, access_until, expires_at) \
    SELECT substr(letter, 1 + n * 64 / $2, 1) || substr(letter, 1 + n * 4096 / $2 % 64, 1) \
            || printf('%020x', n), \
        'user' || (n % $3), 'first-party', 'me', $1, $1, $1 + 7776000000 \
    FROM letters CROSS JOIN numbers WHERE n < $2 ORDER BY n";

const TOKENS: &str = "\
    INSERT INTO refresh_tokens (hash, grant_id, issued_at, expires_at, used_at) \
    SELECT substr(letter, 1 + (t.n * $2 + g.n) * 64 / ($2 * $3), 1) \
            || substr(letter, 1 + (t.n * $2 + g.n) * 4096 / ($2 * $3) % 64, 1) \
            || printf('%041x', t.n * $2 + g.n), \
        substr(letter, 1 + g.n * 64 / $2, 1) || substr(letter, 1 + g.n * 4096 / $2 % 64, 1) \
            || printf('%020x', g.n), \
        $1, $1 + 2592000000, CASE WHEN t.n + 1 < $3 THEN $1 END \
    FROM letters CROSS JOIN numbers t CROSS JOIN numbers g \
    WHERE t.n < $3 AND g.n < $2 ORDER BY t.n, g.n";

const DROP_LETTERS: &str = "DROP TABLE letters";

const DROP_NUMBERS: &str = "DROP TABLE numbers";

/// Fills the migrated `SQLite` store at that path, which nobody else has open, in one transaction. The
/// scope `me` and the client `first-party`, whose families these are, are there already.
pub async fn fill(path: &Path, filling: &Filling) -> Result<(), StoreError> {
    let role = Role::Write(Synchronous::Normal);
    let mut connection = connect::sqlite(&FileId::of(path)?, role).await?;
    // Whatever points somewhere points at a row of this very filling.
    for pragma in ["PRAGMA foreign_keys = OFF", "PRAGMA cache_size = -1000000"] {
        sqlx::query(pragma).execute(&mut connection).await?;
    }
    let mut transaction = sqlx::Connection::begin_with(&mut connection, "BEGIN IMMEDIATE").await?;
    add_all(&mut transaction, filling).await?;
    transaction.commit().await?;
    sqlx::query("ANALYZE").execute(&mut connection).await?;
    Ok(sqlx::Connection::close(connection).await?)
}

async fn add_all(conn: &mut Connection, filling: &Filling) -> Result<(), StoreError> {
    let now = filling.now.millis();
    let [users, families, tokens, clients, scopes] = [
        filling.users,
        filling.families,
        filling.tokens_per_family,
        filling.clients,
        filling.scopes,
    ]
    .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    let most = users.max(families).max(tokens).max(clients).max(scopes).max(10);
    sqlx::query(LETTERS).execute(&mut *conn).await?;
    sqlx::query(NUMBERS).bind(most).execute(&mut *conn).await?;
    sqlx::query(SCOPES).bind(now).bind(scopes).execute(&mut *conn).await?;
    sqlx::query(CLIENT_SUBJECTS).bind(now).bind(clients).execute(&mut *conn).await?;
    let secret = &filling.secret_sha256;
    sqlx::query(CLIENTS).bind(now).bind(clients).bind(secret).execute(&mut *conn).await?;
    sqlx::query(CLIENT_SCOPES).bind(clients).bind(scopes).execute(&mut *conn).await?;
    sqlx::query(USER_SUBJECTS).bind(now).bind(users).execute(&mut *conn).await?;
    let hash = &filling.password_hash;
    sqlx::query(USERS).bind(now).bind(users).bind(hash).execute(&mut *conn).await?;
    sqlx::query(USER_SCOPES).bind(users).bind(scopes).execute(&mut *conn).await?;
    let grants = sqlx::query(GRANTS).bind(now).bind(families).bind(users);
    grants.execute(&mut *conn).await?;
    let refresh = sqlx::query(TOKENS).bind(now).bind(families).bind(tokens);
    refresh.execute(&mut *conn).await?;
    sqlx::query(DROP_LETTERS).execute(&mut *conn).await?;
    sqlx::query(DROP_NUMBERS).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store, StoreOptions, clients, clients::Consent, clients::NewClient, condition, scopes,
        sqlite_url, users,
    };

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[tokio::test]
    async fn a_filled_store_is_sound_and_its_users_and_clients_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scopegate.db");
        let options = StoreOptions { url: sqlite_url(&file), synchronous: Synchronous::Normal };
        let store = Store::open(&options).await.unwrap();
        store.migrate().await.unwrap();
        store.write(|conn| Box::pin(async move { add_first_party(conn).await })).await.unwrap();
        store.close().await;
        fill(&file, &filling()).await.unwrap();

        let store = Store::open(&options).await.unwrap();
        let conn = &mut *store.read().await.unwrap();
        assert_eq!(condition::damages(conn).await.unwrap(), Vec::<String>::new());
        let user = users::find(conn, "user29").await.unwrap().unwrap();
        assert_eq!(user.scopes.to_string(), "me scope0 scope1 scope2 scope3");
        let client = clients::find(conn, "client7").await.unwrap().unwrap();
        assert_eq!(client.scopes.iter().count(), 10);
    }

    async fn add_first_party(conn: &mut Connection) -> Result<(), StoreError> {
        scopes::add(conn, "me", "Bench.", NOW).await?;
        let client = NewClient {
            client_id: "first-party".to_owned(),
            name: "First-party app".to_owned(),
            secret_sha256: None,
            grants: vec!["refresh_token".to_owned()],
            scopes: scopegate_core::scope::Scope::empty(),
            redirect_uris: Vec::new(),
            consent: Consent::Skip,
            resource_server: false,
            disabled: false,
        };
        clients::add(conn, &client, NOW).await
    }

    fn filling() -> Filling {
        Filling {
            users: 30,
            password_hash: "$argon2id$".to_owned(),
            families: 60,
            tokens_per_family: 3,
            clients: 8,
            secret_sha256: "00".repeat(32),
            scopes: 10,
            now: NOW,
        }
    }
}
