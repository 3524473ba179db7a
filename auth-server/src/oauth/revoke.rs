//! Revocation (RFC 7009): a client gives a token back.

use scopegate_core::clock::Timestamp;
use scopegate_store::{changes, grants, refresh_tokens::RefreshToken};

use super::{
    Credentials, Parameters, Refusal, client,
    presented::{self, AccessToken, Presented},
};
use crate::{
    app::App,
    audit::{self, Entry, Event},
    limits::Net,
};

/// Revokes the token of a request: a refresh token with everything of its grant, an access token
/// alone. Where there is nothing to revoke, or nothing that is this client's, nothing happens
/// (RFC 7009 §2.2): a client learns nothing of tokens that are not its own.
pub async fn revoke(
    app: &App,
    net: Net,
    credentials: Credentials,
    parameters: &Parameters,
) -> Result<(), Refusal> {
    let now = app.clock.now();
    let token = presented::parse(parameters)?;
    let client = client::authenticate(app, net, &credentials, now).await?;
    let found = presented::recognise(app, &mut *app.store.read().await?, &token, now).await?;
    match found {
        Some(Presented::Refresh(token))
            if token.client_id == client.client_id && token.expires_at > now =>
        {
            revoke_grant(app, token, now).await
        }
        Some(Presented::Access(token)) if token.client_id == client.client_id => {
            revoke_access_token(app, token, now).await
        }
        _ => Ok(()),
    }
}

/// Also by a refresh token that is spent: whoever logs out means the login, not the one token, and
/// the answer with its successor may have been lost.
async fn revoke_grant(app: &App, token: RefreshToken, now: Timestamp) -> Result<(), Refusal> {
    let id = token.grant_id.clone();
    let entry = Entry {
        subject: token.username.clone(),
        client_id: Some(token.client_id.clone()),
        detail: audit::detail(&format!("grant {id}")),
        ..audit::done(now, Event::Revocation)
    };
    let revoked = app.store.write(move |conn| {
        Box::pin(async move {
            let revoked = grants::revoke(conn, &id, now).await?;
            if revoked {
                audit::record(conn, &entry).await?;
            }
            Ok(revoked)
        })
    });
    let revoked = revoked.await?;
    if revoked {
        let RefreshToken { client_id, username, grant_id, .. } = token;
        tracing::info!(client = client_id, user = username, grant = grant_id, "grant revoked");
    }
    Ok(())
}

async fn revoke_access_token(app: &App, token: AccessToken, now: Timestamp) -> Result<(), Refusal> {
    let expires_at = Timestamp::from_seconds(token.claims.expires_at);
    let jti = token.jti.clone();
    let entry = Entry {
        subject: Some(token.claims.subject.clone()).filter(|subject| *subject != token.client_id),
        client_id: Some(token.client_id.clone()),
        detail: audit::detail(&format!("access token {jti}, grant {}", token.grant_id)),
        ..audit::done(now, Event::Revocation)
    };
    let revoked = app.store.write(move |conn| {
        Box::pin(async move {
            let revoked = changes::revoke_token(conn, &jti, expires_at, now).await?;
            if revoked {
                audit::record(conn, &entry).await?;
            }
            Ok(revoked)
        })
    });
    let revoked = revoked.await?;
    if revoked {
        let AccessToken { claims, client_id, jti, .. } = token;
        tracing::info!(client = client_id, subject = claims.subject, jti, "access token revoked");
    }
    Ok(())
}
