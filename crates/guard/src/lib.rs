//! Guarded routes for axum: each states its access, and nothing answers before the check.
//!
//! A guarded API, whole:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use scopegate_guard::{Access, Guard, GuardError, Keys, Routes, User};
//!
//! async fn status() -> &'static str {
//!     "ok"
//! }
//!
//! async fn me(user: User) -> String {
//!     format!("You are {}", user.username())
//! }
//!
//! fn app() -> Result<Router, GuardError> {
//!     let guard = Guard::builder()
//!         .issuer("http://localhost:8000")
//!         .audience("http://localhost:8001")
//!         .keys(Keys::file("data/shared/shared.key"))
//!         .build()?;
//!     let routes = Routes::new()
//!         .route("/status", Access::any_token(), get(status))
//!         .route("/users/me", Access::scopes(["me"]), get(me));
//!     Ok(guard.protect(routes))
//! }
//! # app().unwrap();
//! ```
//!
//! [The guide](https://github.com/scopegate/scopegate/blob/main/docs/guard.md) goes from `cargo add`
//! to a tested API. A request meets the modules in this order:
//!
//! | type | what it does |
//! |---|---|
//! | [`Routes`] | holds paths, each with its [`Access`]; scopes add up down the tree |
//! | [`Guard`] | puts the check before the routes and serves their metadata (RFC 9728) |
//! | [`GuardLayer`] | the same check as a tower layer, for everything else that speaks HTTP |
//! | [`Verifier`] | checks a token: issuer, then [`Keys`] or `Introspection`, audience and time |
//! | [`SubjectCheck`] | says whether the token's subject still stands |
//! | [`Principal`], [`User`], [`Client`], [`Claims`] | hand the token's subject and claims to a handler |
//! | [`Rejection`] | the answer of a refusal: problem details and challenge |
//! | [`Outcome`] | how the check ended, for metrics; what extractors refuse was admitted by it |
//!
//! # What a refused request is answered
//!
//! The order is token, scopes, subject. `detail` stands in a problem-details body (RFC 9457).
//!
//! | case | status | `detail` | `WWW-Authenticate` |
//! |---|---|---|---|
//! | no token, or another scheme | 401 | Not authenticated | `Bearer` with `scope` and `resource_metadata` |
//! | a bad token, an unknown or revoked subject, a client where a user is needed or the other way round, claims missing that the handler takes | 401 | Could not validate credentials | the same with `error="invalid_token"` |
//! | a scope is missing | 403 | Not enough permissions | the same with `error="insufficient_scope"` |
//! | the subject is disabled | 400 | Inactive user | none |
//! | two `Authorization` headers, or a Bearer one that is malformed | 400 | Invalid request | `error="invalid_request"` and `resource_metadata` |
//! | keys, subjects or the issuer's word cannot be had | 503 | Temporarily unavailable | none; `Retry-After` |
//!
//! The challenge's `scope` is enough to get in: all scopes that the route needs, and the first of
//! each group of which one is needed. Tokens in a query or a form are not read. Guarded answers,
//! good and bad, carry `Cache-Control: no-store` unless the handler set its own.
//!
//! While no source of keys has given any, a route that needs a token answers 503 to everybody, to
//! callers without one as well.
//!
//! # What a token must say
//!
//! In a JWT `typ` is `at+jwt`, and `iss`, `sub`, `aud` and `exp` are there. `client_id`, `iat` and `jti`, which
//! RFC 9068 §2.2 requires of the issuer, may be absent; a token without `client_id` counts as a
//! user's (see [`User`]). Whatever is there must be well-formed, and a token bound to a key (`cnf`)
//! is refused.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what it adds |
//! |---|---|
//! | `jwks` | keys from a URL, or from where the issuer's metadata says |
//! | `introspection` | tokens that the issuer is asked about (RFC 7662), opaque ones too |
//! | `openapi` | the `security` of a `utoipa` document from the same routes |
//! | `testing` | `testing::TestTokens`, which mints tokens for a service's tests |

mod access;
mod bearer;
mod builder;
mod check;
mod demand;
mod extract;
mod guard;
#[cfg(feature = "introspection")]
mod introspection;
mod issuer;
mod key_file;
mod keys;
mod layer;
mod metadata;
#[cfg(feature = "openapi")]
pub mod openapi;
mod origin;
#[cfg(any(feature = "introspection", feature = "jwks"))]
mod outbound;
mod outcome;
mod principal;
mod problem;
mod proof;
mod rejection;
#[cfg(feature = "jwks")]
mod remote;
mod router;
mod rule;
mod source_state;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;
mod verifier;

pub use access::Access;
pub use async_trait::async_trait;
pub use builder::{GuardBuilder, GuardError};
pub use demand::{Demand, Need};
pub use extract::Claims;
pub use guard::Guard;
#[cfg(feature = "introspection")]
pub use introspection::{Introspection, IntrospectionSetupError};
pub use keys::Keys;
pub use layer::{GuardLayer, Guarded};
pub use metadata::METADATA_PATH;
pub use outcome::Outcome;
pub use principal::{Client, Principal, User};
pub use problem::Problem;
pub use proof::Proof;
pub use rejection::{Reason, Rejection};
#[cfg(feature = "jwks")]
pub use remote::{RemoteKeys, RemoteKeysError};
pub use router::Routes;
pub use scopegate_core::{
    algorithm::Algorithm,
    claims::Verified,
    clock::{Clock, SystemClock},
    jwk::JwkSet,
    key::SharedKeys,
    scope::Scope,
    verify::TokenError,
};
pub use source_state::SourceState;
pub use subject::{Standing, SubjectCheck, TokenOnly, Unavailable};
pub use verifier::{Verifier, VerifyError};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles and runs the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guard.md")]
struct Guide;
