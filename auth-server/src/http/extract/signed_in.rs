//! A form that somebody sends who is signed in, from a page of this server: both are checked here, so
//! that no endpoint of the account forgets one.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};

use super::{Browser, PageForm};
use crate::{app::App, http::page, identity::session::SessionUser, oauth::Parameters};

/// The form of a page for whoever is signed in.
pub struct SignedInForm {
    /// The browser, whose token the form carries.
    pub browser: Browser,
    /// Who is signed in.
    pub user: SessionUser,
    /// The fields.
    pub form: Parameters,
}

impl FromRequest<Arc<App>> for SignedInForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, app)
            .await
            .map_err(IntoResponse::into_response)?;
        let request = Request::from_parts(parts, body);
        let PageForm(form) = PageForm::from_request(request, app).await?;
        if let Err(error) = browser.check_csrf(form.find("csrf")) {
            return Err(page::csrf(app, &browser, error));
        }
        let user = browser.user().cloned().ok_or_else(|| page::go_to("/login"))?;
        Ok(Self { browser, user, form })
    }
}
