//! The client's credentials: Basic header, form parameters, or an id alone (RFC 6749 §2.3.1).

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use crate::{
    oauth::{Credentials, OAuthError, Parameters},
    secret::Secret,
};

/// Reads the credentials from wherever they stand. Exactly one id and at most one secret.
pub fn credentials(
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Credentials, OAuthError> {
    let body_id = parameters.find("client_id");
    let body_secret = parameters.find("client_secret");
    let (id, secret) = match basic(headers)? {
        // The body may repeat the id, and nothing else.
        Some((Some(id), secret)) => {
            if body_id.is_some_and(|body_id| body_id != id) {
                return Err(OAuthError::invalid_request("The request names two clients"));
            }
            if body_secret.is_some() {
                return Err(OAuthError::invalid_request("The client authenticates in two ways"));
            }
            (Some(id), secret)
        }
        Some((None, Some(_))) => return Err(OAuthError::INVALID_CLIENT),
        Some((None, None)) | None => {
            (body_id.map(str::to_owned), body_secret.map(|text| Secret::new(text.to_owned())))
        }
    };
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Credentials::Secret(id, secret)),
        (Some(id), None) => Ok(Credentials::Public(id)),
        (None, None) => Ok(Credentials::None),
        (None, Some(_)) => Err(OAuthError::INVALID_CLIENT),
    }
}

type IdAndSecret = (Option<String>, Option<Secret>);

/// The Basic header, where there is one. An empty part counts as absent: Swagger UI sends `Og==`,
/// an empty id and secret, for "no client".
fn basic(headers: &HeaderMap) -> Result<Option<IdAndSecret>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => {
            Err(OAuthError::invalid_request("There is more than one Authorization header"))
        }
        (Some(value), None) => decode(value).map(Some).ok_or(OAuthError::INVALID_CLIENT),
    }
}

fn decode(value: &HeaderValue) -> Option<IdAndSecret> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim_matches(' ')).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let present = |text: String| Some(text).filter(|text| !text.is_empty());
    Some((present(form_decode(id)?), present(form_decode(secret)?).map(Secret::new)))
}

/// Both parts are form-urlencoded before they are joined (RFC 6749 §2.3.1 and appendix B).
fn form_decode(part: &str) -> Option<String> {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request says of its client, in one word.
    fn found(authorization: &[&str], body: &str) -> String {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        match credentials(&headers, &Parameters::parse(body.as_bytes()).unwrap()) {
            Ok(Credentials::None) => "none".to_owned(),
            Ok(Credentials::Public(id)) => format!("public {id}"),
            Ok(Credentials::Secret(id, secret)) => format!("{id} / {}", secret.expose()),
            Err(error) => error.code.as_str().to_owned(),
        }
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn credentials_are_read_from_header_and_body() {
        let web = basic("web:s3cret");
        for (name, authorization, body, expected) in [
            ("basic", vec![web.clone()], "", "web / s3cret"),
            ("post", vec![], "client_id=web&client_secret=s3cret", "web / s3cret"),
            ("public", vec![], "client_id=spa", "public spa"),
            ("none", vec![], "", "none"),
            (
                "CA01 encoded",
                vec![basic("web:p%3Aw%2Bd+%2541%2F%3F%26%3D")],
                "",
                "web / p:w+d %41/?&=",
            ),
            ("CA06 two secrets", vec![web.clone()], "client_secret=x", "invalid_request"),
            ("the same id twice", vec![web.clone()], "client_id=web", "web / s3cret"),
            ("CA13 a secret of nobody", vec![basic(":secret")], "client_id=web", "invalid_client"),
            (
                "CA06 the id in the header, the secret in the body",
                vec![basic("web:")],
                "client_secret=s3cret",
                "invalid_request",
            ),
            ("two ids", vec![web.clone()], "client_id=spa", "invalid_request"),
            ("CA13 not base64", vec!["Basic %%%".into()], "", "invalid_client"),
            ("CA13 no colon", vec![basic("web")], "", "invalid_client"),
            (
                "CA13 not UTF-8",
                vec![format!("Basic {}", STANDARD.encode(b"w\xff:x"))],
                "",
                "invalid_client",
            ),
            ("CA13 not UTF-8, encoded", vec![basic("w%ff:x")], "", "invalid_client"),
            ("CA13 empty id", vec![basic(":secret")], "", "invalid_client"),
            ("CA13 white space inside", vec!["Basic d2Vi OnM=".into()], "", "invalid_client"),
            ("CA13 nothing behind it", vec!["Basic".into()], "", "invalid_client"),
            ("CA14 basic", vec![web.replace("Basic", "basic")], "", "web / s3cret"),
            ("CA14 BASIC", vec![web.replace("Basic", "BASIC")], "", "web / s3cret"),
            ("CA15 the same twice", vec![web.clone(), web.clone()], "", "invalid_request"),
            ("CA16 Bearer", vec!["Bearer a.b.c".into()], "client_id=spa", "invalid_client"),
            ("Swagger UI without a client", vec!["Basic Og==".into()], "", "none"),
            ("Swagger UI with a public one", vec![basic("spa:")], "", "public spa"),
            ("an empty secret in the body", vec![], "client_id=spa&client_secret=", "public spa"),
            ("a secret of nobody", vec![], "client_secret=x", "invalid_client"),
        ] {
            let authorization: Vec<&str> = authorization.iter().map(String::as_str).collect();
            assert_eq!(found(&authorization, body), expected, "{name}");
        }
    }
}
