//! Where an issuer's metadata says that its keys are (RFC 8414).

use std::{sync::Mutex, time::Duration};

use reqwest::Url;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    fetch::{FetchError, Http, KeySet},
    lock,
};

/// How long the metadata is believed while the keys are where it says.
const BELIEVED_FOR: Duration = Duration::from_hours(1);

/// An authorization server, by its identifier.
pub(super) struct Issuer {
    /// Byte for byte as in its metadata.
    name: String,
    /// RFC 8414 §3.1, then `OpenID` Connect Discovery §4.
    metadata: [Url; 2],
    is_https: bool,
    found: Mutex<Option<Found>>,
}

/// Where the keys were, and when the metadata said so.
struct Found {
    url: Url,
    at: Instant,
}

/// What is read of the metadata (RFC 8414 §2).
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// The issuer, whose identifier was parsed as this URL.
    pub(super) fn new(name: String, url: &Url) -> Self {
        let path = url.path().trim_end_matches('/');
        let at = |path: String| {
            let mut url = url.clone();
            url.set_path(&path);
            url
        };
        let metadata = [
            at(format!("/.well-known/oauth-authorization-server{path}")),
            at(format!("{path}/.well-known/openid-configuration")),
        ];
        Self { name, metadata, is_https: url.scheme() == "https", found: Mutex::new(None) }
    }

    /// Fetches the keys. Where they were is remembered only if they were there.
    pub(super) async fn key_set(&self, http: &Http) -> Result<KeySet, FetchError> {
        let remembered = lock(&self.found).take();
        let found = match remembered.filter(|found| found.at.elapsed() < BELIEVED_FOR) {
            Some(found) => found,
            None => Found { url: self.discover(http).await?, at: Instant::now() },
        };
        let set = http.key_set(&found.url).await?;
        *lock(&self.found) = Some(found);
        Ok(set)
    }

    pub(super) fn forget(&self) {
        *lock(&self.found) = None;
    }

    /// The second place is for servers that have nothing at the first, not for those in trouble.
    async fn discover(&self, http: &Http) -> Result<Url, FetchError> {
        let [oauth, openid] = &self.metadata;
        match self.read(http, oauth).await {
            Err(FetchError::NotMetadata) => self.read(http, openid).await,
            Err(FetchError::Status(status)) if status.is_client_error() => {
                self.read(http, openid).await
            }
            outcome => outcome,
        }
    }

    async fn read(&self, http: &Http, url: &Url) -> Result<Url, FetchError> {
        let answer = http.get(url).await?;
        self.place_of_keys(&answer.body)
    }

    fn place_of_keys(&self, metadata: &[u8]) -> Result<Url, FetchError> {
        let metadata: Metadata =
            serde_json::from_slice(metadata).map_err(|_| FetchError::NotMetadata)?;
        // RFC 8414 §3.3: else one server could vouch for another's tokens.
        if metadata.issuer != self.name {
            return Err(FetchError::OtherIssuer(super::cut(&metadata.issuer)));
        }
        let keys = Url::parse(&metadata.jwks_uri).map_err(|_| FetchError::NotMetadata)?;
        match keys.scheme() {
            "https" => Ok(keys),
            "http" if !self.is_https => Ok(keys),
            "http" => Err(FetchError::Downgrade),
            _ => Err(FetchError::NotMetadata),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(name: &str) -> Issuer {
        Issuer::new(name.to_owned(), &Url::parse(name).unwrap())
    }

    #[test]
    fn metadata_counts_if_it_is_the_issuers_own_and_names_a_place_as_safe_as_the_issuer() {
        const HTTPS: &str = "https://auth.example";
        const HTTP: &str = "http://localhost:8000";
        let other = |name: &str| Err(FetchError::OtherIssuer(name.to_owned()));
        for (name, of, [said, keys], expected) in [
            ("good", HTTPS, [HTTPS, "https://keys.example/a"], Ok("https://keys.example/a")),
            ("http", HTTP, [HTTP, "http://auth-server/a"], Ok("http://auth-server/a")),
            (
                "http, then https",
                HTTP,
                [HTTP, "https://keys.example/a"],
                Ok("https://keys.example/a"),
            ),
            ("RFC 8414 §2", HTTPS, [HTTPS, "http://auth.example/a"], Err(FetchError::Downgrade)),
            (
                "RFC 8414 §3.3",
                HTTPS,
                ["https://other.example", HTTPS],
                other("https://other.example"),
            ),
            ("a slash", HTTPS, ["https://auth.example/", HTTPS], other("https://auth.example/")),
            ("in capitals", HTTPS, ["https://AUTH.example", HTTPS], other("https://AUTH.example")),
            ("a file", HTTPS, [HTTPS, "file:///etc/keys"], Err(FetchError::NotMetadata)),
            ("a path", HTTPS, [HTTPS, "/keys"], Err(FetchError::NotMetadata)),
        ] {
            let metadata = serde_json::json!({"issuer": said, "jwks_uri": keys}).to_string();
            let found = issuer(of).place_of_keys(metadata.as_bytes());
            assert_eq!(found.map(String::from), expected.map(str::to_owned), "{name}");
        }
        for (name, metadata) in [
            ("no jwks_uri", r#"{"issuer":"https://auth.example"}"#),
            ("no issuer", r#"{"jwks_uri":"https://auth.example"}"#),
            ("null", r#"{"issuer":"https://auth.example","jwks_uri":null}"#),
            ("a list", "[]"),
            ("a page", "<!doctype html>"),
        ] {
            let found = issuer(HTTPS).place_of_keys(metadata.as_bytes());
            assert_eq!(found, Err(FetchError::NotMetadata), "{name}");
        }
    }

    #[test]
    fn metadata_is_where_the_two_standards_put_it() {
        for (name, expected) in [
            (
                "https://auth.example",
                [
                    "https://auth.example/.well-known/oauth-authorization-server",
                    "https://auth.example/.well-known/openid-configuration",
                ],
            ),
            (
                "http://localhost:8000/",
                [
                    "http://localhost:8000/.well-known/oauth-authorization-server",
                    "http://localhost:8000/.well-known/openid-configuration",
                ],
            ),
            (
                "https://auth.example/realms/a",
                [
                    "https://auth.example/.well-known/oauth-authorization-server/realms/a",
                    "https://auth.example/realms/a/.well-known/openid-configuration",
                ],
            ),
        ] {
            assert_eq!(issuer(name).metadata.map(String::from), expected, "{name}");
        }
    }
}
