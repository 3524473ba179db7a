//! Rows that benches need, written as the programs write them.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{
    clock::{Clock, SystemClock},
    scope::Scope,
};
use scopegate_store::{
    Store, StoreError,
    clients::{self, Consent, NewClient},
    grants::{self, NewGrant, NewRefreshToken},
    scopes,
    users::{self, NewUser},
};
use sha2::{Digest, Sha256};

const MONTH: Duration = Duration::from_hours(30 * 24);

/// What the store keeps of a refresh token.
pub(crate) fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// What the store keeps of a client's secret.
pub(crate) fn sha256_hex(secret: &str) -> String {
    let digest = Sha256::digest(secret);
    digest.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

/// The scope `me`, the client `first-party`, and a user `johndoe` who cannot log in.
pub(crate) async fn people(store: &Store) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let user = NewUser {
        username: "johndoe".to_owned(),
        full_name: Some("John Doe".to_owned()),
        email: Some("johndoe@example.com".to_owned()),
        password_hash: None,
        scopes: scope("me"),
        disabled: false,
    };
    let add = store.write(move |conn| {
        let user = user.clone();
        Box::pin(async move {
            scopes::add(conn, "me", "Bench.", now).await?;
            users::add(conn, &user, now).await
        })
    });
    add.await?;
    client(store).await
}

/// A family of that user to `first-party`, with the refresh token of that hash.
pub(crate) async fn family(store: &Store, username: &str, hash: String) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let expires_at = now.plus(MONTH);
    let grant = NewGrant {
        id: grant_id(&hash),
        username: Some(username.to_owned()),
        credential_version: None,
        client_id: "first-party".to_owned(),
        client_updated_at: None,
        scope: scope("me"),
        created_at: now,
        access_until: now,
        expires_at,
        refresh: Some(NewRefreshToken { hash, expires_at }),
    };
    let open = store.write(move |conn| {
        let grant = grant.clone();
        Box::pin(async move { grants::open(conn, &grant).await })
    });
    if open.await? { Ok(()) } else { Err(StoreError::NotThere) }
}

/// The family whose first refresh token has that hash.
pub(crate) fn grant_id(hash: &str) -> String {
    digest(hash)[..22].to_owned()
}

/// The public client `first-party`, which may log users in and ask for `me`.
async fn client(store: &Store) -> Result<(), StoreError> {
    let client = NewClient {
        client_id: "first-party".to_owned(),
        name: "First-party app".to_owned(),
        secret_sha256: None,
        grants: vec!["password".to_owned(), "refresh_token".to_owned()],
        scopes: scope("me"),
        redirect_uris: Vec::new(),
        consent: Consent::Skip,
        resource_server: false,
        disabled: false,
    };
    let now = SystemClock.now();
    let add = store.write(move |conn| {
        let client = client.clone();
        Box::pin(async move { clients::add(conn, &client, now).await })
    });
    add.await
}

fn scope(text: &'static str) -> Scope {
    Scope::parse(text).expect("it is written in the code")
}
