//! From a request to values: the form and the client's credentials.

mod client_auth;
mod form;

pub use form::TokenForm;
