//! From a request to values: forms, the client's credentials, the browser.

mod client_auth;
mod csrf;
mod form;
mod session;
mod signed_in;

pub use self::{
    csrf::CsrfError,
    form::{AuthorizeForm, PageForm, TokenForm},
    session::Browser,
    signed_in::SignedInForm,
};
