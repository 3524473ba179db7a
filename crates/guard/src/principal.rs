//! Who makes a request, for handlers.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use scopegate_core::{claims::Verified, scope::Scope};

use crate::{
    rejection::{Reason, Rejection},
    rule::Rule,
};

/// Who makes the request: a user through some client, or a client for itself.
///
/// As an extractor it answers 500 on a route that no guard protects, and logs it.
///
/// ```
/// use scopegate_guard::Principal;
///
/// async fn status(principal: Principal) -> String {
///     match principal {
///         Principal::User(user) => format!("the user {}", user.username()),
///         Principal::Client(client) => format!("the client {}", client.client_id()),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub enum Principal {
    /// A user.
    User(User),
    /// A client that acts for itself: its token has `sub` = `client_id` (RFC 9068 §5).
    Client(Client),
}

/// A user, with the token.
///
/// As an extractor it answers a client's token with 401 `invalid_token`, and 500 on a route that
/// no guard protects.
#[derive(Clone, Debug)]
pub struct User(Arc<Verified>);

/// A client that acts for itself, with the token.
#[derive(Clone, Debug)]
pub struct Client(Arc<Verified>);

/// What the check leaves in a request's extensions.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub(crate) token: Arc<Verified>,
    pub(crate) rule: Arc<Rule>,
}

impl Principal {
    fn of(token: &Arc<Verified>) -> Self {
        let token = Arc::clone(token);
        if token.is_client() { Self::Client(Client(token)) } else { Self::User(User(token)) }
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        match self {
            Self::User(user) => user.token(),
            Self::Client(client) => client.token(),
        }
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.token().scope
    }
}

impl User {
    /// The username.
    pub fn username(&self) -> &str {
        &self.0.subject
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        &self.0
    }
}

impl Client {
    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.0.subject
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        admitted(parts).map(|admitted| Self::of(&admitted.token))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let admitted = admitted(parts)?;
        match Principal::of(&admitted.token) {
            Principal::User(user) => Ok(user),
            Principal::Client(_) => {
                Err(Rejection::new(Reason::NotAUser, Arc::clone(&admitted.rule)))
            }
        }
    }
}

fn admitted(parts: &Parts) -> Result<&Admitted, Rejection> {
    parts.extensions.get().ok_or_else(Rejection::unguarded)
}
