//! What each page shows, as values: the names that templates use.

use minijinja::{Value, value::Serde};
use serde::Serialize;

use super::Moment;

/// A page.
pub enum Page<'a> {
    /// `login.html`
    Login(&'a LoginView),
    /// `consent.html`
    Consent(&'a ConsentView),
    /// `account.html`
    Account(&'a AccountView),
    /// `error.html`
    Error(&'a ErrorView),
}

/// The login form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LoginView {
    /// The authorization request that goes on afterwards.
    pub request: Option<String>,
    /// The name of the client that asks, where one does.
    pub client_name: Option<String>,
    /// What was typed before.
    pub username: String,
    /// What to say above the form.
    pub alert: Option<String>,
    /// Whether the fields are what is wrong.
    pub wrong: bool,
}

/// The question whether a client may use the account.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentView {
    /// What the client is called.
    pub client_name: String,
    /// Which client it is.
    pub client_id: String,
    /// Whose account.
    pub username: String,
    /// What would be granted.
    pub scopes: Vec<ScopeView>,
    /// The host, or the private-use scheme, of the redirect URI.
    pub goes_to: String,
    /// The id of the authorization request.
    pub request: String,
}

/// A scope and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeView {
    /// Its name.
    pub name: String,
    /// What the operator wrote about it.
    pub description: String,
}

/// Something went wrong, and nobody is sent anywhere.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ErrorView {
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub text: String,
    /// What the reader can check; empty where there is nothing.
    pub advice: Vec<String>,
    /// The number under which the log tells of this request.
    pub request_id: Option<String>,
}

/// The account of whoever is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct AccountView {
    /// Whose account.
    pub username: String,
    /// What other people call them.
    pub full_name: Option<String>,
    /// Whom they let in.
    pub apps: Vec<AppView>,
    /// Where they are signed in; this browser first.
    pub sessions: Vec<SessionView>,
    /// The least length of a new password.
    pub min_chars: usize,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// Why the password was not changed.
    pub problem: Option<PasswordProblem>,
}

/// A client that may use the account.
#[derive(Clone, Debug, Serialize)]
pub struct AppView {
    /// What it is called.
    pub name: String,
    /// Which client it is.
    pub client_id: String,
    /// What it may do.
    pub scopes: Vec<ScopeView>,
    /// When it was let in.
    pub allowed: Moment,
    /// When it last got a token.
    pub last_used: Option<Moment>,
}

/// A browser session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionView {
    /// Names it in forms; no secret.
    pub id: String,
    /// Browser and system in words.
    pub device: String,
    /// When it began.
    pub started: Moment,
    /// When it was last used.
    pub seen: Moment,
    /// Whether it is the one that reads this page.
    pub current: bool,
}

/// Why a password was not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PasswordProblem {
    /// The field: `current` or `new`, or none of them.
    pub field: &'static str,
    /// What is wrong.
    pub text: String,
}

impl Page<'_> {
    pub(super) const fn template(&self) -> &'static str {
        match self {
            Self::Login(_) => "login.html",
            Self::Consent(_) => "consent.html",
            Self::Account(_) => "account.html",
            Self::Error(_) => "error.html",
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Login(view) => Value::from(Serde(view)),
            Self::Consent(view) => Value::from(Serde(view)),
            Self::Account(view) => Value::from(Serde(view)),
            Self::Error(view) => Value::from(Serde(view)),
        }
    }
}
