//! A compact JWS taken apart (RFC 7515 §7.1), before anybody asks what it says.

use super::{MAX_TOKEN_BYTES, TokenError, VerifyingKeys, decode, payload::Header};

/// Three segments, the first of them read.
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let header = Header::parse(&decode(header)?)?;
        Ok(Self { header, message, payload, signature })
    }

    /// Whether one of the keys that the header may mean has signed it.
    pub(super) fn check_signature(&self, keys: &VerifyingKeys) -> Result<(), TokenError> {
        let mut candidates = keys.candidates(&self.header).peekable();
        if candidates.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        let signature = decode(self.signature)?;
        let signed = candidates.any(|key| key.key.has_signed(self.message.as_bytes(), &signature));
        if signed { Ok(()) } else { Err(TokenError::Signature) }
    }

    /// The bytes that are signed; to be read after the signature.
    pub(super) fn payload(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.payload)
    }
}
