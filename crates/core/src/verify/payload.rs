//! The JSON of a token, read strictly: a member given twice, of the wrong type or `null` is refused.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny},
};

use super::TokenError;
use crate::{algorithm::Algorithm, scope::Scope};

/// What is taken from the header. Everything else in it (`jku`, `jwk`, `x5u` …) is not read.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    #[serde(default, deserialize_with = "present")]
    pub(super) kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
}

/// The claims as they stand in the token.
#[derive(Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) sub: Cow<'a, str>,
    pub(super) aud: Audience,
    pub(super) exp: NumericDate,
    #[serde(default, deserialize_with = "present")]
    pub(super) iat: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    pub(super) nbf: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    pub(super) jti: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) client_id: Option<String>,
    #[serde(default)]
    pub(super) scope: Scope,
    #[serde(default, deserialize_with = "present")]
    pub(super) grant_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) cnf: Option<IgnoredAny>,
}

/// `aud`: one string or an array of strings (RFC 7519 §4.1.3).
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since the Unix epoch (RFC 7519 §2), fraction cut off, up to the year 9999.
#[derive(Clone, Copy)]
pub(super) struct NumericDate(i64);

impl Header {
    pub(super) fn parse(json: &[u8]) -> Result<Self, TokenError> {
        let header: Self = read(json).ok_or(TokenError::Header)?;
        if header.crit.is_some() { Err(TokenError::Header) } else { Ok(header) }
    }

    /// That it is an access token, and no other kind of JWT (RFC 8725 §3.11).
    pub(super) fn check_type(&self) -> Result<(), TokenError> {
        let is_ours = self.typ.as_deref().is_some_and(is_access_token_type);
        if is_ours { Ok(()) } else { Err(TokenError::Type) }
    }
}

/// The first segment of an access token as it is minted. What begins so has a good header.
pub(super) fn usual_header(algorithm: Algorithm, kid: &str) -> String {
    let kid = serde_json::Value::from(kid);
    URL_SAFE_NO_PAD.encode(format!(r#"{{"typ":"at+jwt","alg":"{algorithm}","kid":{kid}}}"#))
}

/// `at+jwt` or `application/at+jwt`, in any case (RFC 9068 §4, RFC 7515 §4.1.9).
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

impl<'a> Payload<'a> {
    pub(super) fn parse(json: &'a [u8]) -> Result<Self, TokenError> {
        read(json).ok_or(TokenError::Claims)
    }
}

/// JSON is UTF-8 throughout (RFC 8259 §8.1). The parser alone looks at the members that it reads.
fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
}

impl Audience {
    pub(super) fn holds(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrArray;
        impl<'de> de::Visitor<'de> for StringOrArray {
            type Value = Audience;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }
            fn visit_str<E: de::Error>(self, one: &str) -> Result<Audience, E> {
                Ok(Audience::One(one.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, array: A) -> Result<Audience, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(array))
                    .map(Audience::Several)
            }
        }
        // An untagged enum would keep a copy to read twice.
        deserializer.deserialize_any(StringOrArray)
    }
}

impl NumericDate {
    /// 9999-12-31T23:59:59Z
    const MAX: i64 = 253_402_300_799;

    pub(super) const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    pub(super) const fn seconds(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = NumericDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since the Unix epoch")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<NumericDate, E> {
                i64::try_from(value)
                    .ok()
                    .filter(|seconds| *seconds <= NumericDate::MAX)
                    .map(NumericDate)
                    .ok_or_else(|| E::custom("a date beyond the year 9999"))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<NumericDate, E> {
                #[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^53")]
                let max = NumericDate::MAX as f64;
                if !(0.0..=max).contains(&value) {
                    return Err(E::custom("a date out of range"));
                }
                #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
                let seconds = value as i64;
                Ok(NumericDate(seconds))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// A member that may be left out, but not be `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    // `T` and not `Option<T>`: serde takes null for the latter only.
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_need_not_be_read_says_what_reading_it_would() {
        let kid = "k\"1";
        for algorithm in Algorithm::ALL {
            let header = URL_SAFE_NO_PAD.decode(usual_header(algorithm, kid)).unwrap();
            let header = Header::parse(&header).unwrap();
            assert_eq!(header.check_type(), Ok(()));
            assert_eq!((&*header.alg, header.kid.as_deref()), (algorithm.as_str(), Some(kid)));
        }
    }

    #[cfg(feature = "mint")]
    #[test]
    fn our_own_issuer_writes_the_header_that_need_not_be_read() {
        use crate::{key::SharedKeys, mint::Minter};

        let keys = SharedKeys::parse(&[b'k'; 43]).unwrap();
        let minter = Minter::hs256(keys.signing());
        let token = minter.mint(&serde_json::json!({})).unwrap();
        let usual = usual_header(Algorithm::Hs256, minter.kid());
        assert_eq!(token.split('.').next(), Some(&*usual));
    }
}
