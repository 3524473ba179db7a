//! The password grant (RFC 6749 §4.3): for first-party apps and tests, client by client.

use scopegate_store::users::User;

use crate::{
    app::App,
    audit::{self, Reason},
    identity::{LoginError, Username, policy},
    limits::{Net, Origin},
    metrics::Via,
    oauth::{OAuthError, Parameters, Refusal},
    secret::Secret,
};

/// What a password request carries.
#[derive(Clone)]
pub struct PasswordGrant {
    username: String,
    password: Secret,
}

impl PasswordGrant {
    /// Takes `username` and `password`; both are required (RFC 6749 §4.3.2).
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        let username = parameters
            .find("username")
            .ok_or(OAuthError::invalid_request("The parameter username is missing"))?;
        let password = parameters
            .find("password")
            .ok_or(OAuthError::invalid_request("The parameter password is missing"))?;
        if password.len() > policy::MAX_BYTES {
            return Err(OAuthError::invalid_request("The password is longer than 1024 bytes"));
        }
        Ok(Self { username: username.to_owned(), password: Secret::new(password.to_owned()) })
    }

    /// Proves that the resource owner is who the request says.
    pub async fn prove(self, app: &App, net: Net) -> Result<User, Refusal> {
        let begun = app.metrics.requests.login(Via::PasswordGrant);
        let found = self.find_user(app, net).await;
        begun.ended(LoginError::outcome(&found));
        found?.ok_or_else(|| OAuthError::WRONG_LOGIN.into())
    }

    async fn find_user(self, app: &App, net: Net) -> Result<Option<User>, LoginError> {
        // A text that is no username belongs to nobody; that much is public knowledge.
        let Ok(username) = Username::parse(&self.username) else {
            audit::because(Reason::UnknownUser);
            return Ok(None);
        };
        app.passwords.check(&username, self.password, &Origin::Net(net)).await
    }
}
