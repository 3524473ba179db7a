//! PKCE (RFC 7636) by oxide-auth's own extension, S256 only and for every client.

use std::borrow::Cow;

use oxide_auth::{
    frontends::simple::extensions::Pkce,
    primitives::grant::{Extensions, Value},
};

/// The challenge as oxide-auth carries it from request to code.
pub fn remember(challenge: &str) -> Result<Extensions, ()> {
    let mut extensions = Extensions::new();
    if let Some(value) = encode(challenge)? {
        extensions.set(&Pkce::required(), value);
    }
    Ok(extensions)
}

/// Whether the verifier is the one whose challenge came with the request. Its length and alphabet
/// are checked too (RFC 7636 §4.1); oxide-auth takes any text.
pub fn is_proved(challenge: &str, verifier: &str) -> bool {
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let Ok(value) = encode(challenge) else { return false };
    is_verifier && Pkce::required().verify(value, Some(Cow::Borrowed(verifier))).is_ok()
}

fn encode(challenge: &str) -> Result<Option<Value>, ()> {
    Pkce::required().challenge(Some(Cow::Borrowed("S256")), Some(Cow::Borrowed(challenge)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_proves_its_own_challenge_only() {
        let changed = VERIFIER.replace('d', "e");
        let long = "a".repeat(129);
        for (name, challenge, verifier, expected) in [
            ("RFC 7636 appendix B", CHALLENGE, VERIFIER, true),
            ("PK07 another verifier", CHALLENGE, changed.as_str(), false),
            ("the challenge itself", CHALLENGE, CHALLENGE, false),
            ("too short", CHALLENGE, &VERIFIER[..42], false),
            ("too long", CHALLENGE, &long, false),
            ("other characters", CHALLENGE, "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk", false),
            ("empty", CHALLENGE, "", false),
        ] {
            assert_eq!(is_proved(challenge, verifier), expected, "{name}");
        }
    }
}
