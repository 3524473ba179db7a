//! What is known of a code, what is needed to make one, and what comes of using it.

use std::fmt;

use scopegate_core::{clock::Timestamp, scope::Scope};

use crate::grants::NewRefreshToken;

/// A code to store.
#[derive(Clone)]
pub struct NewCode {
    /// The hash of the code.
    pub hash: String,
    /// The id that its grant will have.
    pub grant_id: String,
    /// Who allowed it.
    pub username: String,
    /// The user's `credential_version` of their session.
    pub credential_version: i64,
    /// For which client.
    pub client_id: String,
    /// What was granted.
    pub scope: Scope,
    /// Where the code is sent.
    pub redirect_uri: String,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// Now.
    pub created_at: Timestamp,
    /// When it dies unused.
    pub expires_at: Timestamp,
}

/// A code.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// The hash of the code.
    pub hash: String,
    /// The id that its grant has or will have.
    pub grant_id: String,
    /// Who allowed it.
    pub username: String,
    /// The user's `credential_version` when they did.
    pub credential_version: i64,
    /// For which client.
    pub client_id: String,
    /// What was granted.
    pub scope: Scope,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// The S256 challenge (RFC 7636 §4.2).
    pub code_challenge: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it dies unused.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// One use of a code, whose redirect URI and verifier were found good.
#[derive(Clone)]
pub struct Redemption {
    /// The hash of what the client presented.
    pub hash: String,
    /// The client that presented it.
    pub client_id: String,
    /// Now.
    pub now: Timestamp,
    /// When the access token that is about to be minted expires.
    pub access_until: Timestamp,
    /// When the family of refresh tokens ends; without them the grant ends with its access token.
    pub expires_at: Timestamp,
    /// The first refresh token, if there is one.
    pub refresh: Option<NewRefreshToken>,
}

/// What became of a use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is spent, its grant is open.
    Fresh,
    /// It was used before: what the first use was given is revoked now.
    Replayed {
        /// The grant of the first use.
        grant_id: String,
    },
    /// Unknown, expired, burnt or another client's; or user or client were shut out since, and then
    /// the code is spent.
    Gone,
}

/// Without the hash.
impl fmt::Debug for NewCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCode")
            .field("grant_id", &self.grant_id)
            .field("username", &self.username)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Without the hash.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("grant_id", &self.grant_id)
            .field("username", &self.username)
            .field("client_id", &self.client_id)
            .field("used_at", &self.used_at)
            .finish_non_exhaustive()
    }
}

/// Without the hashes.
impl fmt::Debug for Redemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redemption").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
