//! What proves the tokens of an issuer.

#[cfg(feature = "introspection")]
use crate::introspection::Introspection;
use crate::keys::Keys;

/// What proves the tokens of one issuer: [`Keys`] that verify their signatures, or the issuer's
/// own word (`Introspection`). Each turns into it by itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Proof {
    /// Keys that verify signatures.
    Keys(Keys),
    /// The issuer's introspection endpoint (RFC 7662).
    #[cfg(feature = "introspection")]
    Introspection(Introspection),
}

impl From<Keys> for Proof {
    fn from(keys: Keys) -> Self {
        Self::Keys(keys)
    }
}

#[cfg(feature = "introspection")]
impl From<Introspection> for Proof {
    fn from(introspection: Introspection) -> Self {
        Self::Introspection(introspection)
    }
}
