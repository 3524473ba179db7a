//! An authorization request as a value, and the checks that make one, in the order of the RFC.

use std::time::Duration;

use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::clients::{self, Client};

use super::redirect::{self, AuthorizeError};
use crate::{
    app::App,
    audit::{self, Reason},
    fault::Fault,
    id,
    identity::ClientId,
    oauth::{GrantType, Parameters},
};

/// How long a user may take to sign in and decide.
const LIFETIME: Duration = Duration::from_mins(15);

/// The longest `state` that is given back, in bytes.
const MAX_STATE: usize = 8192;

/// A request whose client, redirect URI and form are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// Random, so that it is answered once.
    pub id: String,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
    /// The client.
    pub client_id: String,
    /// The redirect URI, character by character as it was sent.
    pub redirect_uri: String,
    /// What was asked for.
    pub scope: Option<Scope>,
    /// What the client wants back.
    pub state: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
}

/// Why a request gets a page of ours and no redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFault {
    /// `client_id` is missing, repeated or unknown, or the client is disabled.
    Client,
    /// `redirect_uri` is missing, repeated or not registered for the client.
    RedirectUri,
}

/// Finds the client and checks that the redirect URI is its own. Comes before every other check: a
/// fault of these two must not lead to a redirect.
pub async fn find_client(
    app: &App,
    parameters: &Parameters,
) -> Result<Result<(Client, String), PageFault>, Fault> {
    if parameters.is_repeated("client_id") {
        return Ok(Err(PageFault::Client));
    }
    let id = parameters.find("client_id").and_then(|id| ClientId::parse(id).ok());
    let Some(id) = id else { return Ok(Err(PageFault::Client)) };
    let mut conn = app.store.read().await?;
    let client = clients::find(&mut conn, id.as_str()).await?;
    let Some(client) = client else {
        audit::because(Reason::UnknownClient);
        return Ok(Err(PageFault::Client));
    };
    audit::client(&client.client_id);
    if client.disabled {
        audit::because(Reason::DisabledClient);
        return Ok(Err(PageFault::Client));
    }
    let Some(uri) =
        parameters.find("redirect_uri").filter(|_| !parameters.is_repeated("redirect_uri"))
    else {
        return Ok(Err(PageFault::RedirectUri));
    };
    let registered = clients::redirect_uris(&mut conn, id.as_str()).await?;
    if registered.iter().any(|registered| redirect::matches(registered, uri)) {
        Ok(Ok((client, uri.to_owned())))
    } else {
        Ok(Err(PageFault::RedirectUri))
    }
}

impl AuthorizeRequest {
    /// Checks the rest of a request. What is wrong here is told to the client by redirect.
    pub fn parse(
        parameters: &Parameters,
        client: &Client,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<Self, AuthorizeError> {
        check_form(parameters)?;
        check_response(parameters)?;
        check_allowed(client)?;
        Ok(Self {
            id: id::request_id(),
            expires_at: now.plus(LIFETIME),
            client_id: client.client_id.clone(),
            redirect_uri,
            code_challenge: code_challenge(parameters)?,
            scope: scope(parameters)?,
            state: parameters.find("state").map(str::to_owned),
        })
    }

    /// The request for no more than these scopes.
    #[must_use]
    pub fn limited_to(self, limit: Option<&Scope>) -> Self {
        let scope = match (self.scope, limit) {
            (Some(asked), Some(limit)) => Some(asked.intersection(limit)),
            (scope, _) => scope,
        };
        Self { scope, ..self }
    }
}

/// No parameter twice (RFC 6749 §3.1), and none of the request-object forms.
fn check_form(parameters: &Parameters) -> Result<(), AuthorizeError> {
    if parameters.has_repeated() {
        return Err(AuthorizeError::invalid_request("A parameter is given twice"));
    }
    for (name, code) in
        [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")]
    {
        if parameters.find(name).is_some() {
            return Err(AuthorizeError { code, description: "Request objects are not supported" });
        }
    }
    // U+0000 parts the fields of a sealed request.
    if parameters.find("state").is_some_and(|state| state.len() > MAX_STATE || state.contains('\0'))
    {
        return Err(AuthorizeError::invalid_request("The state is too long or holds U+0000"));
    }
    Ok(())
}

/// `response_type` is `code`, `response_mode` is `query`: no token ever stands in a URL.
fn check_response(parameters: &Parameters) -> Result<(), AuthorizeError> {
    if parameters.find("response_mode").is_some_and(|mode| mode != "query") {
        return Err(AuthorizeError::invalid_request("The only response_mode is query"));
    }
    match parameters.find("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(AuthorizeError {
            code: "unsupported_response_type",
            description: "The only response_type is code",
        }),
        None => Err(AuthorizeError::invalid_request("The parameter response_type is missing")),
    }
}

/// The client is registered for the code flow.
pub fn check_allowed(client: &Client) -> Result<(), AuthorizeError> {
    let code = GrantType::AuthorizationCode.as_str();
    if client.grants.iter().any(|grant| grant == code) {
        Ok(())
    } else {
        Err(AuthorizeError {
            code: "unauthorized_client",
            description: "The client may not use this grant type",
        })
    }
}

/// PKCE with S256, for every client (RFC 7636 §4.3, RFC 9700 §2.1.1).
fn code_challenge(parameters: &Parameters) -> Result<String, AuthorizeError> {
    let challenge = parameters.find("code_challenge").ok_or(AuthorizeError::invalid_request(
        "The parameter code_challenge is missing: PKCE is required",
    ))?;
    if parameters.find("code_challenge_method") != Some("S256") {
        return Err(AuthorizeError::invalid_request("The only code_challenge_method is S256"));
    }
    let is_sha256 = challenge.len() == 43
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_sha256 {
        Ok(challenge.to_owned())
    } else {
        Err(AuthorizeError::invalid_request("The code_challenge is no SHA-256 in base64url"))
    }
}

fn scope(parameters: &Parameters) -> Result<Option<Scope>, AuthorizeError> {
    let scope = parameters.find("scope").map(Scope::parse).transpose();
    scope.map(|scope| scope.filter(|scope| !scope.is_empty())).map_err(|_| AuthorizeError {
        code: "invalid_scope",
        description: "The scope is malformed",
    })
}
