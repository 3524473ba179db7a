//! The rules of OAuth, as functions from values to values. Nothing here knows HTTP.

pub mod authorize;
pub mod client;
pub mod client_secret;
mod error;
mod grant;
mod oxide;
mod parameters;
pub mod redirect_uri;
pub mod registration;
mod token;

pub use self::{
    client::Credentials,
    error::{ErrorCode, OAuthError, Refusal},
    grant::GrantType,
    parameters::Parameters,
    token::{Issued, answer},
};
