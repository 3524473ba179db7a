//! The authorization endpoint (RFC 6749 §4.1): from a request, decide the next step.
//!
//! A request is checked and sealed once; then the browser carries that, so that nothing in a form can
//! change it and nothing is stored before somebody is signed in. Each page returns to [`resume`], no
//! page calls the next.

mod owner;
mod redirect;
mod request;
mod sealed;

use scopegate_core::scope::Scope;
use scopegate_store::{
    answered_requests,
    clients::{self, Client, Consent},
    consents, scopes,
};

pub use self::{
    owner::Owner,
    redirect::{Answer, matches, origin_source},
    request::{AuthorizeRequest, PageFault},
    sealed::has_form,
};
use super::{Parameters, Refusal, oxide::Authorization};
use crate::{
    app::App,
    audit::{self, Entry, Event, Outcome as Told, Reason},
    fault::Fault,
    identity::session::SessionUser,
    secret::Secret,
};

/// What becomes of an authorization request.
pub enum Begun {
    /// It is good, and sealed into this text; go on with it at [`resume`].
    Sealed(String),
    /// Its fault concerns the client, which is told by a redirect to this URL.
    Redirect(String),
    /// Client or redirect URI cannot be trusted: an error page, never a redirect
    /// (RFC 6749 §4.1.2.1).
    Page(PageFault),
}

/// What comes next for a sealed request.
pub enum Step {
    /// Nobody is signed in.
    Login,
    /// The user must decide.
    Ask(Box<Question>),
    /// It is answered: the browser goes to the client with this URL.
    Redirect(String),
    /// There is no such request any more: it was answered, or it is too old.
    Gone,
    /// The form does not say what the page showed, so nobody knows what was allowed.
    Unclear,
}

/// What a consent page shows.
pub struct Question {
    /// The client.
    pub client: Client,
    /// What would be granted: each scope with its description.
    pub scopes: Vec<(String, String)>,
    /// Where the answer goes.
    pub redirect_uri: String,
}

/// What came of asking for a code.
pub enum Outcome {
    /// Here it is.
    Code(Secret),
    /// User or client were disabled meanwhile.
    Refused,
    /// The request was answered before, in another tab perhaps.
    AnsweredBefore,
    /// The consent that it was to rest on has been withdrawn; the request stands.
    Withdrawn,
    /// The user's session has ended meanwhile; the request stands.
    SignedOut,
}

/// Why a client may have a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The user allowed it just now.
    Decided,
    /// The user allowed as much before.
    Remembered,
    /// The operator vouches for the client.
    Trusted,
}

/// What a user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The client may have what was shown.
    Allow,
    /// It may not.
    Deny,
}

/// Checks a request and seals it.
pub async fn begin(app: &App, parameters: &Parameters) -> Result<Begun, Fault> {
    let now = app.clock.now();
    let (client, redirect_uri) = match request::find_client(app, parameters).await? {
        Ok(found) => found,
        Err(fault) => {
            audit::because(match fault {
                PageFault::Client => Reason::UnknownClient,
                PageFault::RedirectUri => Reason::UnknownRedirectUri,
            });
            return Ok(Begun::Page(fault));
        }
    };
    let answer = Answer::to(&redirect_uri, parameters.find("state"), app.issuer());
    let request = match AuthorizeRequest::parse(parameters, &client, redirect_uri.clone(), now) {
        Ok(request) => request,
        Err(error) => {
            audit::refused(error.reason(), error.description);
            return Ok(Begun::Redirect(answer.error(error)));
        }
    };
    match Authorization::new(app, &client, &request, None).check().await {
        Ok(_) => {}
        Err(Refusal::OAuth(error)) => {
            let error = redirect::AuthorizeError::from(error);
            audit::refused(error.reason(), error.description);
            return Ok(Begun::Redirect(answer.error(error)));
        }
        Err(refusal) => return Err(refusal.into_fault()),
    }
    Ok(Begun::Sealed(request.seal(&app.server_key)))
}

/// The next step of a sealed request, for the user who is signed in, if one is.
pub async fn resume(app: &App, sealed: &str, user: Option<&SessionUser>) -> Result<Step, Fault> {
    let Some((client, request)) = find(app, sealed).await? else { return Ok(Step::Gone) };
    let Some(user) = user else { return Ok(Step::Login) };
    let Some(owner) = Owner::find(app, user).await? else { return Ok(Step::Login) };
    let granted = match Authorization::new(app, &client, &request, Some(&owner)).check().await {
        Ok(granted) => granted,
        Err(Refusal::OAuth(error)) => {
            return refuse(app, &request, owner.username(), error.into()).await;
        }
        Err(refusal) => return Err(refusal.into_fault()),
    };
    if let Some(basis) = settled(app, &client, &request, &owner, &granted).await?
        && let Some(step) = grant(app, &client, &request, &owner, basis).await?
    {
        return Ok(step);
    }
    let mut conn = app.store.read().await?;
    let described = scopes::list(&mut conn).await?;
    let scopes = described
        .into_iter()
        .filter(|scope| granted.contains(&scope.name))
        .map(|scope| (scope.name, scope.description))
        .collect();
    Ok(Step::Ask(Box::new(Question { client, scopes, redirect_uri: request.redirect_uri })))
}

/// What the user decided about a sealed request. `shown` is what the page asked them for: if they
/// hold more by now, the client gets no more than that.
pub async fn decide(
    app: &App,
    sealed: &str,
    user: &SessionUser,
    decision: Decision,
    shown: Option<&Scope>,
) -> Result<Step, Fault> {
    let Some((client, request)) = find(app, sealed).await? else { return Ok(Step::Gone) };
    if request.scope.is_some() && shown.is_none() {
        return Ok(Step::Unclear);
    }
    let request = request.limited_to(shown);
    let Some(owner) = Owner::find(app, user).await? else { return Ok(Step::Login) };
    match decision {
        Decision::Allow => {
            let step = grant(app, &client, &request, &owner, Basis::Decided).await?;
            Ok(step.unwrap_or(Step::Gone))
        }
        Decision::Deny => refuse(app, &request, owner.username(), redirect::ACCESS_DENIED).await,
    }
}

/// The request that was sealed and its client, as long as both are good and nobody has answered.
pub async fn find(app: &App, sealed: &str) -> Result<Option<(Client, AuthorizeRequest)>, Fault> {
    let found = find_good(app, sealed).await?;
    if found.is_none() {
        audit::because(Reason::RequestOver);
    }
    Ok(found)
}

async fn find_good(app: &App, sealed: &str) -> Result<Option<(Client, AuthorizeRequest)>, Fault> {
    let opened = AuthorizeRequest::open(sealed, &app.server_key, app.clock.now());
    let Some(request) = opened else { return Ok(None) };
    let mut conn = app.store.read().await?;
    if answered_requests::is_answered(&mut conn, &request.id).await? {
        return Ok(None);
    }
    let client = clients::find(&mut conn, &request.client_id).await?;
    let client = client.filter(|client| !client.disabled && request::check_allowed(client).is_ok());
    let Some(client) = client else { return Ok(None) };
    // A redirect URI that was taken from the client meanwhile gets nothing any more.
    let registered = clients::redirect_uris(&mut conn, &client.client_id).await?;
    let stands = registered.iter().any(|uri| matches(uri, &request.redirect_uri));
    Ok(stands.then_some((client, request)))
}

/// Why the user need not be asked: the operator said so, or they allowed as much before and the
/// redirect proves who the client is (RFC 8252 §8.6).
async fn settled(
    app: &App,
    client: &Client,
    request: &AuthorizeRequest,
    owner: &Owner,
    granted: &Scope,
) -> Result<Option<Basis>, Fault> {
    if client.consent == Consent::Skip {
        return Ok(Some(Basis::Trusted));
    }
    if client.is_public() && !redirect::identifies_client(&request.redirect_uri) {
        return Ok(None);
    }
    let mut conn = app.store.read().await?;
    let allowed = consents::find(&mut conn, owner.username(), &client.client_id).await?;
    let covers = allowed.is_some_and(|allowed| granted.is_subset(&allowed));
    Ok(covers.then_some(Basis::Remembered))
}

/// Issues a code, once, and remembers what was decided. `None` where a remembered consent was
/// withdrawn meanwhile: then the user must be asked after all.
async fn grant(
    app: &App,
    client: &Client,
    request: &AuthorizeRequest,
    owner: &Owner,
    basis: Basis,
) -> Result<Option<Step>, Fault> {
    let answer = Answer::to(&request.redirect_uri, request.state.as_deref(), app.issuer());
    let step = match Authorization::new(app, client, request, Some(owner)).authorize(basis).await {
        Ok(Outcome::Code(code)) => Step::Redirect(answer.code(code.expose())),
        Ok(Outcome::Refused) => Step::Redirect(answer.error(redirect::ACCESS_DENIED)),
        Ok(Outcome::AnsweredBefore) => Step::Gone,
        Ok(Outcome::Withdrawn) => return Ok(None),
        Ok(Outcome::SignedOut) => {
            audit::because(Reason::Meanwhile);
            Step::Login
        }
        Err(Refusal::OAuth(error)) => refuse(app, request, owner.username(), error.into()).await?,
        Err(refusal) => return Err(refusal.into_fault()),
    };
    Ok(Some(step))
}

/// Tells the client no, once.
async fn refuse(
    app: &App,
    request: &AuthorizeRequest,
    username: &str,
    error: redirect::AuthorizeError,
) -> Result<Step, Fault> {
    let (id, until) = (request.id.clone(), request.expires_at);
    let denied = error == redirect::ACCESS_DENIED;
    let event = if denied { Event::Consent } else { Event::Authorization };
    let entry = Entry {
        outcome: Told::Refused,
        reason: Some(error.reason().as_str().to_owned()),
        subject: Some(username.to_owned()),
        client_id: Some(request.client_id.clone()),
        detail: audit::detail(error.description),
        ..audit::done(app.clock.now(), event)
    };
    let first = app.store.write(move |conn| {
        Box::pin(async move {
            let first = answered_requests::add(conn, &id, until).await?;
            if first {
                audit::record(conn, &entry).await?;
            }
            Ok(first)
        })
    });
    let first = first.await?;
    let answer = Answer::to(&request.redirect_uri, request.state.as_deref(), app.issuer());
    Ok(if first { Step::Redirect(answer.error(error)) } else { Step::Gone })
}
