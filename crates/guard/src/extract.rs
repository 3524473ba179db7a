//! Principals and claims as what handlers take.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{
    principal::{Anonymous, Client, Principal, User},
    rejection::{Reason, Rejection},
};

/// Claims of the token as a type of your own.
///
/// A token that lacks them, or has others under their names, is answered 401 `invalid_token`, so
/// a claim that only some tokens have is an `Option` in `T`. `Option<Claims<T>>` lets in callers
/// without a token where the route does.
///
/// ```
/// use scopegate_guard::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     tenant: String,
/// }
///
/// async fn show(Claims(Tenant { tenant }): Claims<Tenant>) -> String {
///     format!("your tenant is {tenant}")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims<T>(pub T);

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        known(parts).cloned()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match known(parts)? {
            Principal::User(user) => Ok(user.clone()),
            it @ Principal::Client(_) => Err(Rejection::new(Reason::NotAUser, it.rule().clone())),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match known(parts)? {
            Principal::Client(client) => Ok(client.clone()),
            it @ Principal::User(_) => Err(Rejection::new(Reason::NotAClient, it.rule().clone())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let principal = known(parts)?;
        // The error is not logged: it can quote a claim.
        let claims = principal.token().claims().ok();
        claims
            .map(Self)
            .ok_or_else(|| Rejection::new(Reason::MissingClaims, principal.rule().clone()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        unless_anonymous(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for User {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        unless_anonymous(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Client {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        unless_anonymous(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        unless_anonymous(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await)
    }
}

/// Who was let in. Whoever came without a token gets [`Reason::NoToken`].
fn known(parts: &Parts) -> Result<&Principal, Rejection> {
    if let Some(principal) = parts.extensions.get() {
        return Ok(principal);
    }
    Err(match parts.extensions.get() {
        Some(Anonymous(rule)) => Rejection::new(Reason::NoToken, rule.clone()),
        None => Rejection::unguarded(),
    })
}

fn unless_anonymous<T>(found: Result<T, Rejection>) -> Result<Option<T>, Rejection> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(rejection) if *rejection.reason() == Reason::NoToken => Ok(None),
        Err(rejection) => Err(rejection),
    }
}
