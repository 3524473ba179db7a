//! The browser behind a request: its cookie, and who is signed in with it.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::AppendHeaders,
};

use super::csrf::{self, CsrfError};
use crate::{
    app::App,
    http::{cookie, page::Failure},
    id,
    identity::session::{self, NewLogin, SessionUser},
    limits::{KnownBrowser, Net, Origin},
    secret::Secret,
};

/// A browser. Without a cookie it gets a random one, which says nothing yet but that the next form
/// comes from here.
pub struct Browser {
    cookie: Secret,
    csrf: String,
    had_cookie: bool,
    user: Option<SessionUser>,
    user_agent: Option<String>,
    known: KnownBrowser,
}

/// The longest part of a User-Agent header that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

impl Browser {
    /// Who is signed in.
    pub fn user(&self) -> Option<&SessionUser> {
        self.user.as_ref()
    }

    /// The token that each form on a page for this browser carries.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Checks the token that came with a form.
    pub fn check_csrf(&self, given: Option<&str>) -> Result<(), CsrfError> {
        csrf::check(self.had_cookie.then_some(self.csrf.as_str()), given)
    }

    /// Whether the request brought a cookie; otherwise the answer should set [`Browser::cookie`].
    pub const fn had_cookie(&self) -> bool {
        self.had_cookie
    }

    /// The cookie's value.
    pub const fn cookie(&self) -> &Secret {
        &self.cookie
    }

    /// An attempt to sign in with this browser, which is there.
    pub fn origin(&self, net: Net) -> Origin {
        Origin::Browser(net, self.known.clone())
    }

    /// The cookies of a browser at which this user is signed in now.
    pub fn signed_in(
        &self,
        app: &App,
        session: &Secret,
        username: &str,
        credential_version: i64,
    ) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
        let known = app.limits.remember(&self.known, username, credential_version);
        let known = known.map(|known| cookie::set_known(&known, app.is_https()));
        let cookies = std::iter::once(cookie::set(session, app.is_https())).chain(known);
        AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)).collect())
    }

    /// A login of this user at this browser.
    pub fn login(&self, app: &App, username: &str, credential_version: i64) -> NewLogin {
        let now = app.clock.now();
        NewLogin {
            username: username.to_owned(),
            credential_version,
            at: now,
            until: now.plus(app.sessions.max_age),
            user_agent: self.user_agent.clone(),
            replaced: self.cookie.clone(),
        }
    }
}

impl FromRequestParts<Arc<App>> for Browser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let came = cookie::find(&parts.headers, app.is_https());
        let user = match &came {
            Some(cookie) => session::find(&app.store, &app.sessions, app.clock.now(), cookie)
                .await
                .map_err(|fault| Failure::new(app, fault))?,
            None => None,
        };
        let had_cookie = came.is_some();
        let cookie = came.unwrap_or_else(id::session);
        let csrf = app.server_key.csrf(&cookie);
        let known = cookie::known(&parts.headers, app.is_https());
        Ok(Self { cookie, csrf, had_cookie, user, user_agent: user_agent(&parts.headers), known })
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT).collect())
}
