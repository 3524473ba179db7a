//! One question to an introspection endpoint: bounded in time and size, without redirects or proxies.

use std::{iter, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use form_urlencoded::{Serializer, byte_serialize};
use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use reqwest::{Client, Url};
use tokio::time::timeout;

use super::{Introspection, IntrospectionSetupError};
use crate::outbound::{self, BodyError};

/// Far more than any real answer about one token.
const MAX_BODY_BYTES: usize = 64 * 1024;

pub(super) struct Endpoint {
    client: Client,
    url: Url,
    credentials: HeaderValue,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskError {
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("{0}")]
    Request(String),
    #[error("answered {0}, so it does not take the client's id and secret")]
    Credentials(StatusCode),
    #[error("answered {0}")]
    Status(StatusCode),
    #[error("answered more than {} KiB", MAX_BODY_BYTES / 1024)]
    TooLong,
    #[error("the answer is not an introspection response")]
    NotAnAnswer,
}

impl Endpoint {
    pub(super) fn new(told: &Introspection) -> Result<Self, IntrospectionSetupError> {
        let url = outbound::parse_url(&told.url)
            .ok_or_else(|| IntrospectionSetupError::NotAUrl(told.url.clone()))?;
        let client = outbound::client(url.scheme() == "https", |builder| builder)
            .map_err(|error| IntrospectionSetupError::Tls(error.to_string()))?;
        let credentials = basic(&told.client_id, &told.client_secret);
        Ok(Self { client, url, credentials, timeout: told.timeout })
    }

    /// The body of a 200, and nothing else.
    pub(super) async fn ask(&self, token: &str) -> Result<Vec<u8>, AskError> {
        timeout(self.timeout, self.send(token))
            .await
            .unwrap_or(Err(AskError::Timeout(self.timeout)))
    }

    async fn send(&self, token: &str) -> Result<Vec<u8>, AskError> {
        let form = Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let request = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.credentials.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(form);
        let response = request.send().await.map_err(|error| request_error(&error))?;
        match response.status() {
            StatusCode::OK => {}
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(AskError::Credentials(status));
            }
            status => return Err(AskError::Status(status)),
        }
        outbound::body(response, MAX_BODY_BYTES).await.map_err(|error| match error {
            BodyError::Request(error) => request_error(&error),
            BodyError::TooLong => AskError::TooLong,
        })
    }

    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Id and secret are form-urlencoded first (RFC 6749 §2.3.1).
fn basic(client_id: &str, client_secret: &str) -> HeaderValue {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(client_secret));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .expect("base64 is printable ASCII");
    value.set_sensitive(true);
    value
}

/// An error with its causes in one line, without the URL: the log line has it.
fn request_error(error: &reqwest::Error) -> AskError {
    let text = iter::once("the request failed".to_owned()).chain(outbound::causes(error));
    AskError::Request(text.collect::<Vec<_>>().join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        for (id, secret, expected) in [
            ("web", "s3cret", "Basic d2ViOnMzY3JldA=="),
            // printf 'a%%3Ab:%%C3%%BC+%%25' | base64
            ("a:b", "ü %", "Basic YSUzQWI6JUMzJUJDKyUyNQ=="),
        ] {
            let value = basic(id, secret);
            assert_eq!(value, expected, "RFC 6749 2.3.1");
            assert!(!format!("{value:?}").contains("Basic"));
        }
    }
}
