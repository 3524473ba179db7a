//! Public keys as JSON (RFC 7517): what an authorization server publishes and a verifier reads.
//!
//! Public members only. A symmetric key has no place here, in either direction.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny, ser::SerializeMap};
use sha2::{Digest, Sha256};

use crate::{
    algorithm::Algorithm,
    verify::key::{NoKey, ReadyKey},
};

mod member;

use member::{coordinate, exponent, modulus};

/// One public key that verifies signatures of one algorithm.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwk {
    kid: Option<String>,
    material: Material,
}

/// A set of public keys (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

/// The members of the key itself, each checked for its length.
#[derive(Clone, PartialEq, Eq)]
enum Material {
    Ed25519 { x: String },
    P256 { x: String, y: String },
    Rsa { n: String, e: String },
}

/// Why a key of a set is not used. The others of the set still are (RFC 7517 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not an object whose members have the right types.
    #[error("not a JSON Web Key")]
    Malformed,
    /// `kty`, `crv` or `alg` is none of ours; a symmetric key is among them.
    #[error("not a public key for EdDSA, ES256 or RS256")]
    Unsupported,
    /// `use` or `key_ops` says that it does not verify signatures.
    #[error("not a key that verifies signatures")]
    OtherUse,
    /// It has a private member: whoever published it has given its secret away.
    #[error("a private key")]
    Private,
    /// A coordinate, the modulus or the exponent has the wrong length.
    #[error("a key of the wrong size")]
    Size,
    /// Not a point of the curve, or no modulus and exponent that could be an RSA key's.
    #[error("numbers that make no key")]
    NoKey,
}

/// The document is no key set at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Web Key Set")]
pub struct JwkSetError;

/// What is read of a key. Members that are not named here do not matter.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
}

impl Jwk {
    /// Reads one key.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        Self::read(serde_json::from_slice(json).map_err(|_| JwkError::Malformed)?)
    }

    fn read(members: Members) -> Result<Self, JwkError> {
        let is_signature = members.r#use.as_deref().is_none_or(|usage| usage == "sig");
        let verifies =
            members.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !is_signature || !verifies {
            return Err(JwkError::OtherUse);
        }
        if members.has_private() {
            return Err(JwkError::Private);
        }
        let material = match (members.kty.as_str(), members.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Material::Ed25519 { x: coordinate(members.x)? },
            ("EC", Some("P-256")) => {
                Material::P256 { x: coordinate(members.x)?, y: coordinate(members.y)? }
            }
            ("RSA", None) => Material::Rsa { n: modulus(members.n)?, e: exponent(members.e)? },
            _ => return Err(JwkError::Unsupported),
        };
        let key = Self { kid: members.kid, material };
        if members.alg.is_some_and(|alg| alg != key.algorithm().as_str()) {
            return Err(JwkError::Unsupported);
        }
        key.ready().map_or(Err(JwkError::NoKey), |_| Ok(key))
    }

    /// The key id, where the key has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm that it verifies.
    pub const fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Ed25519 { .. } => Algorithm::EdDsa,
            Material::P256 { .. } => Algorithm::Es256,
            Material::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// The SHA-256 thumbprint of RFC 7638, in base64url.
    pub fn thumbprint(&self) -> String {
        self.material.thumbprint()
    }

    pub(crate) fn ready(&self) -> Result<ReadyKey, NoKey> {
        self.material.ready()
    }
}

/// The public halves of keys of our own, each named by its thumbprint.
#[cfg(feature = "mint")]
impl Jwk {
    /// An Ed25519 key (RFC 8037 §2).
    pub(crate) fn ed25519(public: &[u8]) -> Self {
        Self::named(Material::Ed25519 { x: encode(public) })
    }

    /// A P-256 key from its coordinates (RFC 7518 §6.2.1).
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Self {
        Self::named(Material::P256 { x: encode(x), y: encode(y) })
    }

    /// An RSA key from modulus and exponent, both without leading zeros (RFC 7518 §6.3.1).
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self::named(Material::Rsa { n: encode(n), e: encode(e) })
    }

    fn named(material: Material) -> Self {
        let kid = material.thumbprint();
        Self { kid: Some(kid), material }
    }
}

impl JwkSet {
    /// The most keys of a set that are looked at; real ones have a handful.
    pub const MAX_KEYS: usize = 64;

    /// A set of these keys, in this order.
    pub const fn new(keys: Vec<Jwk>) -> Self {
        Self { keys }
    }

    /// Reads a set. A key that cannot be used is left out, as RFC 7517 §5 asks; `skipped` hears of
    /// each, with its place in the set from 0. Nothing beyond [`MAX_KEYS`](Self::MAX_KEYS) is read.
    ///
    /// ```
    /// use scopegate_core::jwk::{JwkError, JwkSet};
    ///
    /// let mut skipped = Vec::new();
    /// let document = br#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#;
    /// let set = JwkSet::parse(document, |at, why| skipped.push((at, why)))?;
    /// assert_eq!(set.keys().len(), 0);
    /// assert_eq!(skipped, [(0, JwkError::Unsupported)]);
    /// # Ok::<(), scopegate_core::jwk::JwkSetError>(())
    /// ```
    pub fn parse(
        json: &[u8],
        mut skipped: impl FnMut(usize, JwkError),
    ) -> Result<Self, JwkSetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| JwkSetError)?;
        let mut keys = Vec::new();
        for (at, value) in document.keys.into_iter().take(Self::MAX_KEYS).enumerate() {
            match serde_json::from_value(value).map_err(|_| JwkError::Malformed).and_then(Jwk::read)
            {
                Ok(key) => keys.push(key),
                Err(why) => skipped(at, why),
            }
        }
        Ok(Self { keys })
    }

    /// The keys that can be used.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
}

impl Members {
    /// One of RFC 7518 §6.2.2 and §6.3.2 or RFC 8037 §2.
    fn has_private(&self) -> bool {
        [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth]
            .iter()
            .any(|member| member.is_some())
    }
}

impl Material {
    fn ready(&self) -> Result<ReadyKey, NoKey> {
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(member).map_err(|_| NoKey);
        match self {
            Self::Ed25519 { x } => ReadyKey::ed25519(&bytes(x)?),
            Self::P256 { x, y } => ReadyKey::p256(&bytes(x)?, &bytes(y)?),
            Self::Rsa { n, e } => ReadyKey::rsa(&bytes(n)?, &bytes(e)?),
        }
    }

    /// RFC 7638 §3.2: the required members in the order of their names. Nothing in them needs an
    /// escape.
    fn thumbprint(&self) -> String {
        let json = match self {
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        encode(&Sha256::digest(json.as_bytes()))
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let members: &[(&str, &str)] = match &self.material {
            Material::Ed25519 { x } => &[("kty", "OKP"), ("crv", "Ed25519"), ("x", x)],
            Material::P256 { x, y } => &[("kty", "EC"), ("crv", "P-256"), ("x", x), ("y", y)],
            Material::Rsa { n, e } => &[("kty", "RSA"), ("n", n), ("e", e)],
        };
        for (name, value) in members {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("alg", self.algorithm().as_str())?;
        map.serialize_entry("use", "sig")?;
        if let Some(kid) = &self.kid {
            map.serialize_entry("kid", kid)?;
        }
        map.end()
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
