//! Introspection (RFC 7662): whether a token is active, told to those whom it concerns.

use scopegate_core::{
    clock::{AHEAD, Timestamp},
    scope::Scope,
};
use scopegate_store::{
    Connection, StoreError, changes, clients,
    grants::{self, Grant},
    refresh_tokens::RefreshToken,
    users,
};

use super::{
    Credentials, OAuthError, Parameters, Refusal,
    client::{self, AuthenticatedClient},
    presented::{self, AccessToken, Presented},
};
use crate::{
    app::App,
    audit::{self, Reason},
    limits::Net,
};

/// A token that is good here and now.
#[derive(Debug)]
pub struct ActiveToken {
    /// What kind it is.
    pub kind: TokenKind,
    /// What was granted.
    pub scope: Scope,
    /// The client that it was issued to.
    pub client_id: String,
    /// The user; `None` where the client acts for itself.
    pub username: Option<String>,
    /// When it expires, in Unix seconds.
    pub expires_at: i64,
    /// When it was issued, in Unix seconds.
    pub issued_at: Option<i64>,
}

/// The kinds of tokens.
#[derive(Debug)]
pub enum TokenKind {
    /// An access token.
    Access {
        /// Its id.
        jti: String,
    },
    /// A refresh token.
    Refresh,
}

/// Answers an introspection request; `None` is a token that is not active, or none of the client's
/// business, which are the same to it (RFC 7662 §2.2).
pub async fn introspect(
    app: &App,
    net: Net,
    credentials: Credentials,
    parameters: &Parameters,
) -> Result<Option<ActiveToken>, Refusal> {
    let now = app.clock.now();
    // 1. Parse.
    let token = presented::parse(parameters)?;
    // 2. Client: a confidential one, or tokens could be tried out by anybody (RFC 7662 §2.1).
    let client = client::authenticate(app, net, &credentials, now).await?;
    if client.is_public() {
        audit::because(Reason::PublicClient);
        return Err(OAuthError::INVALID_CLIENT.into());
    }
    // 3. Recognise. 4. Concerns the client? 5. Active?
    let mut conn = app.store.read().await?;
    let active = match presented::recognise(app, &mut conn, &token, now).await? {
        Some(Presented::Access(token)) if concerns(&client, &token) => {
            active_access_token(&mut conn, token, now).await?
        }
        Some(Presented::Refresh(token)) if token.client_id == client.client_id => {
            active_refresh_token(&mut conn, token, now).await?
        }
        _ => None,
    };
    Ok(active)
}

/// Its own token, or any token of the audience where it is a resource server.
fn concerns(client: &AuthenticatedClient, token: &AccessToken) -> bool {
    client.resource_server || token.client_id == client.client_id
}

/// Asks what resource-api knows from the feed of changes, and whether the grant is the store's: a
/// token that another holder of the shared key made up belongs to none.
async fn active_access_token(
    conn: &mut Connection,
    token: AccessToken,
    now: Timestamp,
) -> Result<Option<ActiveToken>, StoreError> {
    let AccessToken { claims, client_id, jti, grant_id } = token;
    // No leeway here: the skew is between the machines of others.
    if now >= Timestamp::from_seconds(claims.expires_at) {
        return Ok(None);
    }
    let username = Some(claims.subject).filter(|subject| *subject != client_id);
    let grant = grants::find(conn, &grant_id).await?;
    let granted = grant.is_some_and(|grant| is_of(&grant, username.as_deref(), &client_id));
    if !granted
        || changes::is_token_revoked(conn, &jti, now).await?
        || !may_act(conn, username.as_deref(), &client_id).await?
    {
        return Ok(None);
    }
    Ok(Some(ActiveToken {
        kind: TokenKind::Access { jti },
        scope: claims.scope,
        client_id,
        username,
        expires_at: claims.expires_at,
        issued_at: claims.issued_at,
    }))
}

fn is_of(grant: &Grant, username: Option<&str>, client_id: &str) -> bool {
    !grant.revoked && grant.username.as_deref() == username && grant.client_id == client_id
}

async fn active_refresh_token(
    conn: &mut Connection,
    token: RefreshToken,
    now: Timestamp,
) -> Result<Option<ActiveToken>, StoreError> {
    let expires_at = token.expires_at.min(token.grant_expires_at);
    if token.used_at.is_some()
        || token.grant_revoked
        || now >= expires_at
        || token.grant_created_at > now.plus(AHEAD)
        || !may_act(conn, token.username.as_deref(), &token.client_id).await?
    {
        return Ok(None);
    }
    Ok(Some(ActiveToken {
        kind: TokenKind::Refresh,
        scope: token.scope,
        client_id: token.client_id,
        username: token.username,
        expires_at: expires_at.seconds(),
        issued_at: Some(token.issued_at.seconds()),
    }))
}

/// Whether the user, where there is one, and the client are there and not disabled.
async fn may_act(
    conn: &mut Connection,
    username: Option<&str>,
    client_id: &str,
) -> Result<bool, StoreError> {
    if let Some(username) = username
        && users::find(conn, username).await?.is_none_or(|user| user.disabled)
    {
        return Ok(false);
    }
    Ok(clients::find(conn, client_id).await?.is_some_and(|client| !client.disabled))
}
