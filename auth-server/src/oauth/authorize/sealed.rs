//! An authorization request as the text that the browser carries, until somebody who is signed in
//! answers it: strangers can make as many as they like, and none of them costs a row.
//!
//! Nobody but this server can make or change one. What stands in it is no secret of the browser's: it
//! brought the same in the query.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_core::{clock::Timestamp, scope::Scope};
use subtle::ConstantTimeEq;

use super::AuthorizeRequest;
use crate::keys::ServerKey;

/// Says what the seal is for.
const PURPOSE: &str = "authorization request";

/// The length of a seal: 256 bits in base64url.
const SEAL: usize = 43;

/// Parts the fields; no part holds it.
const SEPARATOR: char = '\0';

impl AuthorizeRequest {
    /// The request as text for a URL: what is asked for, and the server's seal.
    pub fn seal(&self, key: &ServerKey) -> String {
        let scope = self.scope.as_ref().map(ToString::to_string).unwrap_or_default();
        let until = self.expires_at.millis().to_string();
        let fields: [&str; 7] = [
            &self.id,
            &until,
            &self.client_id,
            &self.redirect_uri,
            &scope,
            self.state.as_deref().unwrap_or_default(),
            &self.code_challenge,
        ];
        let content = fields.join(SEPARATOR.encode_utf8(&mut [0; 4]));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&content), key.seal(&[PURPOSE, &content]))
    }

    /// The request of a sealed text, unless it was changed or has expired.
    pub fn open(text: &str, key: &ServerKey, now: Timestamp) -> Option<Self> {
        let (content, seal) = text.split_once('.')?;
        let content = String::from_utf8(URL_SAFE_NO_PAD.decode(content).ok()?).ok()?;
        let expected = key.seal(&[PURPOSE, &content]);
        if !bool::from(expected.as_bytes().ct_eq(seal.as_bytes())) {
            return None;
        }
        Self::read(&content).filter(|request| request.expires_at > now)
    }

    fn read(content: &str) -> Option<Self> {
        let fields: Vec<&str> = content.split(SEPARATOR).collect();
        let [id, until, client_id, redirect_uri, scope, state, challenge] =
            fields.try_into().ok()?;
        let scope = Some(Scope::parse(scope).ok()?).filter(|scope| !scope.is_empty());
        Some(Self {
            id: id.to_owned(),
            expires_at: Timestamp::from_millis(until.parse().ok()?),
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope,
            state: Some(state).filter(|state| !state.is_empty()).map(str::to_owned),
            code_challenge: challenge.to_owned(),
        })
    }
}

/// Whether the text has the form of a sealed request. Anything else must not get into a URL of ours.
pub fn has_form(text: &str) -> bool {
    let is_base64url = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    text.split_once('.').is_some_and(|(content, seal)| {
        seal.len() == SEAL && is_base64url(content) && is_base64url(seal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn key() -> ServerKey {
        let folder = tempfile::tempdir().unwrap();
        ServerKey::load_or_create(&folder.path().join("server.key")).unwrap()
    }

    fn request() -> AuthorizeRequest {
        AuthorizeRequest {
            id: "id".into(),
            expires_at: Timestamp::from_seconds(1_800_000_900),
            client_id: "web".into(),
            redirect_uri: "https://app.example/cb?a=b&c=%00".into(),
            scope: Some(Scope::parse("me items").unwrap()),
            state: Some("a b+c%26\"<\u{e9}\u{1f600}'; --".into()),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
        }
    }

    #[test]
    fn a_sealed_request_comes_back_as_it_was() {
        let key = key();
        for (row, request) in [
            ("AZ05 any state", request()),
            ("AZ06 no state", AuthorizeRequest { state: None, ..request() }),
            ("no scope", AuthorizeRequest { scope: None, ..request() }),
            ("AZ05 a long state", AuthorizeRequest { state: Some("é".repeat(4096)), ..request() }),
        ] {
            let sealed = request.seal(&key);
            assert!(has_form(&sealed), "{row}");
            assert_eq!(AuthorizeRequest::open(&sealed, &key, NOW), Some(request), "{row}");
        }
    }

    #[test]
    fn what_this_server_has_not_sealed_is_no_request() {
        let (ours, other) = (key(), key());
        let sealed = request().seal(&ours);
        let (content, seal) = sealed.split_once('.').unwrap();
        let evil = AuthorizeRequest { redirect_uri: "https://evil.example/".into(), ..request() };
        let changed = evil.seal(&other);
        let (changed, _) = changed.split_once('.').unwrap();
        for (row, text) in [
            ("another key", request().seal(&other)),
            ("another content", format!("{changed}.{seal}")),
            ("no seal", content.to_owned()),
            ("an empty seal", format!("{content}.")),
            ("half a seal", format!("{content}.{}", &seal[..20])),
            ("a seal for something else", format!("{content}.{}", ours.seal(&["x", content]))),
            ("more behind it", format!("{sealed}.{seal}")),
            ("empty", String::new()),
        ] {
            assert_eq!(AuthorizeRequest::open(&text, &ours, NOW), None, "{row}");
        }
        let later = request().expires_at;
        assert_eq!(AuthorizeRequest::open(&sealed, &ours, later), None, "expired");
    }

    #[test]
    fn only_the_form_of_a_sealed_request_gets_into_a_url() {
        let seal = "A".repeat(SEAL);
        for (text, expected) in [
            (format!("abc-_.{seal}"), true),
            (format!(".{seal}"), false),
            (format!("a/../b.{seal}"), false),
            (format!("a%2f.{seal}"), false),
            (format!("abc.{seal}A"), false),
            ("..".to_owned(), false),
            ("//evil.example".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(has_form(&text), expected, "{text}");
        }
    }
}
