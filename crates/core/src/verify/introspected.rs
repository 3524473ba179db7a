//! What an introspection endpoint says of a token (RFC 7662 §2.2), held against what is expected.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Expectation, TokenError,
    payload::{Audience, NumericDate, Payload},
};
use crate::{claims::Verified, clock::Timestamp, scope::Scope};

/// Why an answer of an introspection endpoint is no reason to let anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectionError {
    /// Not a JSON object with a boolean `active`: it says nothing about the token.
    #[error("not an introspection response")]
    NotAnAnswer,
    /// `active` is false.
    #[error("not active")]
    NotActive,
    /// The token is active, but not for us, or not usable as a Bearer token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

#[derive(Deserialize)]
struct Activity {
    active: bool,
}

/// Of an active token. Whatever is not a claim of ours can be read from the payload.
#[derive(Deserialize)]
struct Answer {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<NumericDate>,
    iat: Option<NumericDate>,
    nbf: Option<NumericDate>,
    jti: Option<String>,
    client_id: Option<String>,
    scope: Option<Scope>,
    grant_id: Option<String>,
    cnf: Option<IgnoredAny>,
    token_type: Option<String>,
    /// Not of the RFC; some servers tell refresh tokens apart by it.
    token_use: Option<String>,
}

impl Expectation {
    /// Reads an answer of the issuer's introspection endpoint. `iss` and `aud`, where they are
    /// there, must be the expected ones; `expiry` stands in for `exp` where that is not.
    ///
    /// `sub` must be there: without it a user's token and a client's cannot be told apart. So must
    /// `token_type` or `aud` be, for a refresh token has neither and is active, too.
    pub fn introspected(
        &self,
        answer: Vec<u8>,
        now: Timestamp,
        expiry: Timestamp,
    ) -> Result<Verified, IntrospectionError> {
        let is_object = answer.trim_ascii_start().starts_with(b"{");
        match serde_json::from_slice(&answer) {
            Ok(Activity { active: true }) if is_object => {}
            Ok(Activity { active: false }) if is_object => {
                return Err(IntrospectionError::NotActive);
            }
            _ => return Err(IntrospectionError::NotAnAnswer),
        }
        let said: Answer = serde_json::from_slice(&answer).map_err(|_| TokenError::Claims)?;
        said.check_use()?;
        let verified = self.check_claims(said.into_claims(self, expiry)?, now)?;
        Ok(Verified { payload: answer, ..verified })
    }
}

impl Answer {
    fn check_use(&self) -> Result<(), TokenError> {
        let is_bearer = self.token_type.as_deref().map(|kind| kind.eq_ignore_ascii_case("Bearer"));
        let is_access = self.token_use.as_deref().is_none_or(|kind| kind == "access_token");
        if is_access && is_bearer.unwrap_or(self.aud.is_some()) {
            Ok(())
        } else {
            Err(TokenError::Type)
        }
    }

    fn into_claims(
        self,
        expected: &Expectation,
        expiry: Timestamp,
    ) -> Result<Payload<'static>, TokenError> {
        let iss = self.iss.unwrap_or_else(|| expected.issuer.as_ref().to_owned());
        let aud = self.aud.unwrap_or_else(|| Audience::One(expected.audience.as_ref().to_owned()));
        Ok(Payload {
            iss: iss.into(),
            sub: self.sub.ok_or(TokenError::Claims)?.into(),
            aud,
            exp: self.exp.unwrap_or_else(|| NumericDate::from_seconds(expiry.seconds())),
            iat: self.iat,
            nbf: self.nbf,
            jti: self.jti,
            client_id: self.client_id,
            scope: self.scope.unwrap_or_default(),
            grant_id: self.grant_id,
            cnf: self.cnf,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn read(answer: &str) -> Result<Verified, IntrospectionError> {
        let expected = Expectation {
            issuer: "http://localhost:8000".into(),
            audience: "http://localhost:8001".into(),
        };
        let now = Timestamp::from_seconds(NOW);
        expected.introspected(answer.into(), now, Timestamp::from_seconds(NOW + 10))
    }

    /// The least that is enough, with these members set; `null` takes one out.
    fn answer(members: Value) -> String {
        let mut answer = json!({"active": true, "sub": "johndoe", "token_type": "Bearer"});
        let Value::Object(members) = members else { panic!("{members}") };
        for (name, value) in members {
            answer[name] = value;
        }
        answer.to_string()
    }

    #[test]
    fn an_active_token_of_ours_is_let_in() {
        for (name, members) in [
            ("RFC 7662 2.2 the least", json!({})),
            (
                "everything",
                json!({
                    "iss": "http://localhost:8000", "aud": ["x", "http://localhost:8001"],
                    "exp": NOW + 60, "iat": NOW, "nbf": NOW, "username": "x", "jti": "1", "x": {},
                }),
            ),
            ("a type in lower case", json!({"token_type": "bearer"})),
            (
                "an audience and no type",
                json!({"token_type": null, "aud": "http://localhost:8001"}),
            ),
            ("an access token by its use", json!({"token_use": "access_token"})),
            ("null for absent", json!({"iss": null, "exp": null, "scope": null, "cnf": null})),
        ] {
            let verified = read(&answer(members)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(&*verified.issuer, "http://localhost:8000", "{name}");
            assert_eq!(verified.subject, "johndoe", "{name}");
        }
        let verified = read(&answer(json!({"scope": "b a", "client_id": "johndoe", "t": 7})));
        let verified = verified.unwrap();
        assert_eq!(verified.scope.to_string(), "a b");
        assert!(verified.is_client());
        assert_eq!(verified.expires_at, NOW + 10);
        assert_eq!(verified.claims::<Value>().unwrap()["t"], 7);
    }

    #[test]
    fn every_other_answer_lets_nobody_in() {
        use IntrospectionError::{NotActive, NotAnAnswer, Token};
        for (name, answer, expected) in [
            ("RFC 7662 2.2 not active", r#"{"active":false}"#.to_owned(), NotActive),
            ("not active, with claims", answer(json!({"active": false})), NotActive),
            ("active by a word", answer(json!({"active": "true"})), NotAnAnswer),
            ("active by a number", answer(json!({"active": 1})), NotAnAnswer),
            ("no word of it", answer(json!({"active": null})), NotAnAnswer),
            ("twice", r#"{"active":false,"active":true,"sub":"x"}"#.to_owned(), NotAnAnswer),
            ("an array", "[true]".to_owned(), NotAnAnswer),
            ("an error", r#"{"error":"invalid_client"}"#.to_owned(), NotAnAnswer),
            ("empty", String::new(), NotAnAnswer),
            ("more behind it", format!("{} x", answer(json!({}))), NotAnAnswer),
            ("another issuer", answer(json!({"iss": "http://x"})), Token(TokenError::Issuer)),
            ("another audience", answer(json!({"aud": "http://x"})), Token(TokenError::Audience)),
            ("no audience of many", answer(json!({"aud": []})), Token(TokenError::Audience)),
            ("expired", answer(json!({"exp": NOW - 5})), Token(TokenError::Expired)),
            ("not valid yet", answer(json!({"nbf": NOW + 6})), Token(TokenError::NotYet)),
            ("no subject", answer(json!({"sub": null})), Token(TokenError::Claims)),
            ("an empty subject", answer(json!({"sub": ""})), Token(TokenError::Claims)),
            ("a subject of a wrong type", answer(json!({"sub": 7})), Token(TokenError::Claims)),
            ("a scope of a wrong type", answer(json!({"scope": ["a"]})), Token(TokenError::Claims)),
            ("JW33 bound to a key", answer(json!({"cnf": {"jkt": "x"}})), Token(TokenError::Bound)),
            ("another type", answer(json!({"token_type": "DPoP"})), Token(TokenError::Type)),
            (
                "perhaps a refresh token",
                answer(json!({"token_type": null})),
                Token(TokenError::Type),
            ),
            (
                "a refresh token",
                answer(json!({"token_use": "refresh_token"})),
                Token(TokenError::Type),
            ),
        ] {
            assert_eq!(read(&answer), Err(expected), "{name}");
        }
    }
}
