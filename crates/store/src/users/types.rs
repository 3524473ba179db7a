//! What is known of a user, and what is needed to add one.

use std::fmt;

use scopegate_core::{clock::Timestamp, scope::Scope};

/// Someone who can log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name, for ever.
    pub username: String,
    /// What other people call them.
    pub full_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// argon2 or bcrypt, with its parameters; without one nobody can log in.
    pub password_hash: Option<String>,
    /// Counts what ends everything that was issued before: a new password, shutting out, revoking.
    /// A rehash is none of these.
    pub credential_version: i64,
    /// Whether they are shut out.
    pub disabled: bool,
    /// What they may hand on to a client.
    pub scopes: Scope,
    /// When they were added.
    pub created_at: Timestamp,
    /// When something about them was last set.
    pub updated_at: Timestamp,
}

/// A user to add.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The name, for ever.
    pub username: String,
    /// What other people call them.
    pub full_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// argon2 or bcrypt, with its parameters.
    pub password_hash: Option<String>,
    /// What they may hand on to a client.
    pub scopes: Scope,
    /// Whether they are shut out from the start.
    pub disabled: bool,
}

/// Without the hash.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("username", &self.username)
            .field("credential_version", &self.credential_version)
            .field("disabled", &self.disabled)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Without the hash.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("username", &self.username).finish_non_exhaustive()
    }
}
