//! From a request to values: forms, the client's credentials, the browser.

mod client_auth;
mod csrf;
mod form;
mod session;

pub use self::{
    csrf::CsrfError,
    form::{AuthorizeForm, PageForm, TokenForm},
    session::Browser,
};
