//! The numbers of a public key, each checked for its form and its range.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::JwkError;

/// 2048 bits or more (RFC 7518 §3.3); more than 8192 is a way to keep a verifier busy. The product of
/// two primes, so it is odd.
pub(super) fn modulus(member: Option<String>) -> Result<String, JwkError> {
    let (member, bytes) = positive(member)?;
    let bits = bytes.len() * 8 - bytes.first().map_or(0, |byte| byte.leading_zeros() as usize);
    match bytes.last() {
        _ if !(2048..=8192).contains(&bits) => Err(JwkError::Size),
        Some(last) if last % 2 == 1 => Ok(member),
        _ => Err(JwkError::NoKey),
    }
}

/// Odd and 3 or more (RFC 8017 §3.1), in up to 32 bits. With 1, everybody can sign.
pub(super) fn exponent(member: Option<String>) -> Result<String, JwkError> {
    let (member, bytes) = positive(member)?;
    match bytes.as_slice() {
        [0..=2] => Err(JwkError::NoKey),
        [.., last] if last % 2 == 0 => Err(JwkError::NoKey),
        [_] | [_, _] | [_, _, _] | [_, _, _, _] => Ok(member),
        _ => Err(JwkError::Size),
    }
}

/// A number in base64url without leading zeros (RFC 7518 §2, `Base64urlUInt`), and its bytes.
fn positive(member: Option<String>) -> Result<(String, Vec<u8>), JwkError> {
    let (member, bytes) = decoded(member)?;
    if matches!(bytes.first(), None | Some(0)) {
        Err(JwkError::Malformed)
    } else {
        Ok((member, bytes))
    }
}

/// Base64url of 32 bytes (RFC 7518 §6.2.1.2, RFC 8037 §2).
pub(super) fn coordinate(member: Option<String>) -> Result<String, JwkError> {
    let (member, bytes) = decoded(member)?;
    if bytes.len() == 32 { Ok(member) } else { Err(JwkError::Size) }
}

fn decoded(member: Option<String>) -> Result<(String, Vec<u8>), JwkError> {
    let member = member.ok_or(JwkError::Malformed)?;
    let bytes = URL_SAFE_NO_PAD.decode(&member).map_err(|_| JwkError::Malformed)?;
    Ok((member, bytes))
}
