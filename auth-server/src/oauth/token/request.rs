//! A token request as a value: its grant with the grant's own parameters, and the scope asked for.

use scopegate_core::scope::Scope;

use crate::oauth::{
    GrantType, OAuthError, Parameters,
    grant::{
        authorization_code::AuthorizationCodeGrant, password::PasswordGrant,
        refresh_token::RefreshGrant,
    },
};

/// What a client asks of the token endpoint.
#[derive(Clone)]
pub struct TokenRequest {
    /// The grant.
    pub grant: Grant,
    /// `scope`, where it was sent and not empty.
    pub scope: Option<Scope>,
}

/// A grant with its parameters.
#[derive(Clone)]
pub enum Grant {
    /// `grant_type=authorization_code`
    AuthorizationCode(AuthorizationCodeGrant),
    /// `grant_type=client_credentials`, which has no parameters of its own
    ClientCredentials,
    /// `grant_type=password`
    Password(PasswordGrant),
    /// `grant_type=refresh_token`
    RefreshToken(RefreshGrant),
}

impl TokenRequest {
    /// Parses a form.
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        let grant_type = parameters
            .find("grant_type")
            .ok_or(OAuthError::invalid_request("The parameter grant_type is missing"))?;
        let grant = match GrantType::parse(grant_type)? {
            GrantType::Password => Grant::Password(PasswordGrant::parse(parameters)?),
            GrantType::RefreshToken => Grant::RefreshToken(RefreshGrant::parse(parameters)?),
            GrantType::ClientCredentials => Grant::ClientCredentials,
            GrantType::AuthorizationCode => {
                Grant::AuthorizationCode(AuthorizationCodeGrant::parse(parameters)?)
            }
        };
        let scope = parameters
            .find("scope")
            .map(Scope::parse)
            .transpose()
            .map_err(|_| OAuthError::invalid_scope("The scope is malformed"))?
            .filter(|scope| !scope.is_empty());
        Ok(Self { grant, scope })
    }
}

impl Grant {
    /// The grant's type.
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::ClientCredentials => GrantType::ClientCredentials,
            Self::Password(_) => GrantType::Password,
            Self::RefreshToken(_) => GrantType::RefreshToken,
        }
    }
}
