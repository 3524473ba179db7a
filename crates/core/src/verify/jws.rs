//! A compact JWS taken apart (RFC 7515 §7.1), before anybody asks what it says.

use super::{MAX_TOKEN_BYTES, TokenError, VerifyingKey, VerifyingKeys, decode, payload::Header};

/// Its segments, none of them read.
pub(super) struct Jws<'a> {
    header: &'a str,
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
        Ok(Self { header, message, payload, signature })
    }

    /// Whether it is an access token that one of the keys has signed. A header that is our own issuer's
    /// need not be read.
    pub(super) fn check(&self, keys: &VerifyingKeys) -> Result<(), TokenError> {
        match self.check_signature_by(keys.usual_candidates(self.header)) {
            Err(TokenError::UnknownKey) => {}
            outcome => return outcome,
        }
        let header = self.header()?;
        header.check_type()?;
        self.check_signature(&header, keys)
    }

    pub(super) fn header(&self) -> Result<Header, TokenError> {
        Header::parse(&decode(self.header)?)
    }

    /// Whether one of the keys that the header may mean has signed it.
    pub(super) fn check_signature(
        &self,
        header: &Header,
        keys: &VerifyingKeys,
    ) -> Result<(), TokenError> {
        self.check_signature_by(keys.candidates(header))
    }

    fn check_signature_by<'k>(
        &self,
        candidates: impl Iterator<Item = &'k VerifyingKey>,
    ) -> Result<(), TokenError> {
        let mut candidates = candidates.peekable();
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
