//! What proves the tokens of an issuer.

use std::fmt;

use crate::keys::Keys;

/// What proves the tokens of one issuer. [`Keys`] turn into it by themselves.
#[derive(Clone)]
#[non_exhaustive]
pub enum Proof {
    /// Keys that verify signatures.
    Keys(Keys),
}

impl From<Keys> for Proof {
    fn from(keys: Keys) -> Self {
        Self::Keys(keys)
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(_) => f.write_str("Keys"),
        }
    }
}
