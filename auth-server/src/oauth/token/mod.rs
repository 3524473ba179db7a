//! The token endpoint's one pipeline: every grant takes these steps, and none can skip one.

mod narrow;
mod request;

use scopegate_core::{clock::Timestamp, scope::Scope};

pub use self::narrow::{narrow, narrow_again};
use self::request::{Grant, TokenRequest};
use super::{
    Credentials, ErrorCode, GrantType, Parameters, Refusal,
    client::{self, AuthenticatedClient},
    grant::client_credentials,
    oxide::Exchange,
};
use crate::{app::App, audit, limits::Net, metrics::TokenOutcome, secret::Secret};

/// A token answer (RFC 6749 §5.1).
#[derive(Debug)]
pub struct Issued {
    /// The signed access token.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in: u64,
    /// What was granted.
    pub scope: Scope,
    /// For clients whose grants include `refresh_token`.
    pub refresh_token: Option<Secret>,
}

/// Answers a token request, and counts it.
pub async fn answer(
    app: &App,
    net: Net,
    credentials: Credentials,
    parameters: &Parameters,
) -> Result<Issued, Refusal> {
    let grant = parameters.find("grant_type").and_then(|grant| GrantType::parse(grant).ok());
    let begun = app.metrics.requests.token(grant.map(GrantType::as_str));
    let answered = decide(app, net, credentials, parameters).await;
    let outcome = match &answered {
        Ok(_) => TokenOutcome::Issued,
        Err(Refusal::OAuth(error)) => TokenOutcome::Refused(error.code.as_str()),
        Err(Refusal::TooMany(_)) => TokenOutcome::Limited,
        Err(Refusal::Busy(_)) => TokenOutcome::QueueFull,
        Err(Refusal::Fault(_)) => TokenOutcome::Fault,
    };
    begun.ended(outcome);
    answered
}

/// Counts a token request whose form nobody could read.
pub fn unreadable(app: &App) {
    let outcome = TokenOutcome::Refused(ErrorCode::InvalidRequest.as_str());
    app.metrics.requests.token(None).ended(outcome);
}

async fn decide(
    app: &App,
    net: Net,
    credentials: Credentials,
    parameters: &Parameters,
) -> Result<Issued, Refusal> {
    let now = app.clock.now();
    // 1. Parse: nothing below sees a form.
    let request = TokenRequest::parse(parameters)?;
    // 2. Client: who asks, and has it proved that?
    let grant_type = request.grant.grant_type();
    audit::about(grant_type.event());
    let default = app.default_client().filter(|_| grant_type.has_default_client());
    let credentials = credentials.or_default(default);
    if !grant_type.checks_client_again() {
        let client = client::authenticate(app, net, &credentials, now).await?;
        return issue(app, net, &client, request, now).await;
    }
    let Some(remembered) = client::recall(app, &credentials, now) else {
        let client = client::authenticate(app, net, &credentials, now).await?;
        let issued = issue(app, net, &client, request, now).await?;
        client.remember(&app.clients, now);
        return Ok(issued);
    };
    let refusal = match issue(app, net, &remembered, request.clone(), now).await {
        Err(Refusal::OAuth(refusal)) => refusal,
        decided => return decided,
    };
    // It may rest on what the client was, rather than on what it is.
    let scene = audit::set_aside();
    let client = match client::authenticate(app, net, &credentials, now).await {
        Ok(client) if client.updated_at == remembered.updated_at => {
            audit::take_up(scene);
            return Err(refusal.into());
        }
        other => other,
    };
    app.clients.forget(&remembered.client_id);
    issue(app, net, &client?, request, now).await
}

async fn issue(
    app: &App,
    net: Net,
    client: &AuthenticatedClient,
    request: TokenRequest,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    // 3. Allowed: may this client use this grant?
    client.check_allowed(request.grant.grant_type())?;
    // Nothing may be spent on a token that cannot be signed.
    app.signing.minter(now)?;
    // 4. Prove: the grant shows what entitles the client. 5. Narrow: requested ∩ client ∩ user.
    // 6. Store. 7. Mint. The last three are the exchange's, through oxide-auth's traits.
    let exchange = Exchange::new(app, client, net, now);
    match request.grant {
        Grant::AuthorizationCode(grant) => exchange.redeem(grant).await,
        Grant::ClientCredentials => {
            client_credentials::prove(client)?;
            exchange.issue_for_client(request.scope).await
        }
        Grant::Password(grant) => {
            let user = grant.prove(app, net).await?;
            exchange.issue_for(user, request.scope).await
        }
        Grant::RefreshToken(grant) => exchange.refresh(&grant.token, request.scope).await,
    }
}
