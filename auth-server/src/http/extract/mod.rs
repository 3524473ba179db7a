//! From a request to values: forms, the client's credentials, the browser.

mod client_auth;
mod client_ip;
mod csrf;
mod form;
mod session;
mod signed_in;

#[cfg(feature = "fuzzing")]
pub use self::client_auth::credentials;
pub use self::{
    client_ip::{ClientNet, client_ip},
    csrf::CsrfError,
    form::{AuthorizeForm, PageForm, TokenForm},
    session::Browser,
    signed_in::SignedInForm,
};
