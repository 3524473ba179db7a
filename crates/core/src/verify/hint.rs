//! Which key a token asks for, so that a source of keys knows whether looking for it can help.

use super::{MAX_TOKEN_BYTES, decode, payload::Header};
use crate::algorithm::Algorithm;

/// What the header of a token says of its key. Nothing of it was checked: it is good for choosing
/// where to look for keys, and for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyHint {
    /// The algorithm that it is said to be signed with.
    pub algorithm: Algorithm,
    /// The key that it names.
    pub kid: Option<String>,
}

impl KeyHint {
    /// Reads the header; `None` where no key could make the token a good one.
    pub fn parse(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (header, _) = token.split_once('.')?;
        let header = Header::parse(&decode(header).ok()?).ok()?;
        header.check_type().ok()?;
        Some(Self { algorithm: header.alg.parse().ok()?, kid: header.kid })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_hint_is_what_the_header_says_where_a_key_could_help() {
        let es256 = |kid: Option<&str>| {
            Some(KeyHint { algorithm: Algorithm::Es256, kid: kid.map(str::to_owned) })
        };
        for (name, header, expected) in [
            ("alg and kid", r#"{"typ":"at+jwt","alg":"ES256","kid":"a"}"#, es256(Some("a"))),
            ("no kid", r#"{"typ":"at+jwt","alg":"ES256"}"#, es256(None)),
            ("alg none", r#"{"typ":"at+jwt","alg":"none","kid":"a"}"#, None),
            ("another type", r#"{"typ":"JWT","alg":"ES256","kid":"a"}"#, None),
            ("crit", r#"{"typ":"at+jwt","alg":"ES256","kid":"a","crit":["b64"]}"#, None),
            ("kid of another type", r#"{"typ":"at+jwt","alg":"ES256","kid":7}"#, None),
            ("no JSON", "garbage", None),
        ] {
            let token = format!("{}.e30.e30", URL_SAFE_NO_PAD.encode(header));
            assert_eq!(KeyHint::parse(&token), expected, "{name}");
            let huge = format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES));
            assert_eq!(KeyHint::parse(&huge), None, "{name}, too long");
        }
        assert_eq!(KeyHint::parse("no dot"), None);
    }
}
