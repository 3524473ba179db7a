//! What a client is told when a request is refused (RFC 6749 §5.2).

use crate::{
    fault::Fault,
    identity::{Busy, LoginError},
    limits::{LimitError, TooMany},
};

/// The `error` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// The client is unknown, disabled or did not prove who it is.
    InvalidClient,
    /// The password, code or refresh token is not good, or not any more.
    InvalidGrant,
    /// The client may not use this grant type.
    UnauthorizedClient,
    /// No such grant type here.
    UnsupportedGrantType,
    /// The scope is unknown, malformed or more than may be granted.
    InvalidScope,
}

impl ErrorCode {
    /// The code as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
        }
    }
}

/// A refusal that is the client's to mend. The description is a constant of ours: nothing of the
/// request is reflected, and its alphabet is that of RFC 6749 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// The `error`.
    pub code: ErrorCode,
    /// The `error_description`.
    pub description: &'static str,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident;)*) => {
        impl OAuthError {
            $($(#[$doc])* pub const fn $name(description: &'static str) -> Self {
                Self { code: ErrorCode::$code, description }
            })*
        }
    };
}

constructors! {
    /// `invalid_request`
    invalid_request => InvalidRequest;
    /// `invalid_grant`
    invalid_grant => InvalidGrant;
    /// `invalid_scope`
    invalid_scope => InvalidScope;
    /// `unauthorized_client`
    unauthorized_client => UnauthorizedClient;
    /// `unsupported_grant_type`
    unsupported_grant_type => UnsupportedGrantType;
}

impl OAuthError {
    /// `invalid_client`: one text for every reason, so that it tells nobody which ids exist.
    pub const INVALID_CLIENT: Self =
        Self { code: ErrorCode::InvalidClient, description: "Client authentication failed" };

    /// The answer to a wrong password, an unknown user and a disabled one alike.
    pub const WRONG_LOGIN: Self =
        Self { code: ErrorCode::InvalidGrant, description: "Incorrect username or password" };
}

/// Why a request got no token.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The client's to mend.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// Too much work is waiting; worth another try soon.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Too many attempts before this one have failed.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Refusal {
    /// For callers that have dealt with [`OAuthError`]: what is left is ours.
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            other => Fault::new("unexpected refusal", other.to_string()),
        }
    }
}

impl From<LoginError> for Refusal {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Busy(busy) => Self::Busy(busy),
            LoginError::TooMany(too_many) => Self::TooMany(too_many),
            LoginError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<LimitError> for Refusal {
    fn from(error: LimitError) -> Self {
        match error {
            LimitError::TooMany(too_many) => Self::TooMany(too_many),
            LimitError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<scopegate_store::StoreError> for Refusal {
    fn from(error: scopegate_store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}
