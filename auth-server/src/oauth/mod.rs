//! The rules of OAuth, as functions from values to values. Nothing here knows HTTP.

pub mod authorize;
pub mod client;
pub mod client_secret;
mod error;
mod grant;
mod introspect;
mod oxide;
mod parameters;
mod presented;
pub mod redirect_uri;
pub mod registration;
mod revoke;
mod token;

pub use self::{
    client::Credentials,
    error::{ErrorCode, OAuthError, Refusal},
    grant::GrantType,
    introspect::{ActiveToken, TokenKind, introspect},
    parameters::Parameters,
    revoke::revoke,
    token::{Issued, answer, unreadable},
};
