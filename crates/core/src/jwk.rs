//! Public keys as JSON (RFC 7517): what an authorization server publishes and a verifier reads.
//!
//! Public members only. A symmetric key has no place here, in either direction.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use sha2::{Digest, Sha256};

use crate::algorithm::Algorithm;

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
    /// A coordinate or the modulus has the wrong length.
    #[error("a key of the wrong size")]
    Size,
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
    d: Option<serde::de::IgnoredAny>,
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
        if members.d.is_some() {
            return Err(JwkError::Private);
        }
        let material = match (members.kty.as_str(), members.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Material::Ed25519 { x: sized(members.x, 32..=32)? },
            ("EC", Some("P-256")) => {
                Material::P256 { x: sized(members.x, 32..=32)?, y: sized(members.y, 32..=32)? }
            }
            // RFC 7518 §3.3: 2048 bits or more; more than 8192 is a way to keep a verifier busy.
            ("RSA", None) => {
                Material::Rsa { n: sized(members.n, 256..=1024)?, e: sized(members.e, 1..=8)? }
            }
            _ => return Err(JwkError::Unsupported),
        };
        let key = Self { kid: members.kid, material };
        match members.alg {
            Some(alg) if alg != key.algorithm().as_str() => Err(JwkError::Unsupported),
            _ => Ok(key),
        }
    }

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

    pub(crate) fn decoding_key(&self) -> Option<DecodingKey> {
        match &self.material {
            Material::Ed25519 { x } => DecodingKey::from_ed_components(x),
            Material::P256 { x, y } => DecodingKey::from_ec_components(x, y),
            Material::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
        }
        .ok()
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
    /// each, with its place in the set from 0.
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

impl Material {
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

/// Base64url of so many bytes (RFC 7518 §2, §6.2.1.2).
fn sized(
    member: Option<String>,
    bytes: std::ops::RangeInclusive<usize>,
) -> Result<String, JwkError> {
    let member = member.ok_or(JwkError::Malformed)?;
    let decoded = URL_SAFE_NO_PAD.decode(&member).map_err(|_| JwkError::Malformed)?;
    if bytes.contains(&decoded.len()) { Ok(member) } else { Err(JwkError::Size) }
}
