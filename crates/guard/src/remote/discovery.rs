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
        let metadata: Metadata =
            serde_json::from_slice(&answer.body).map_err(|_| FetchError::NotMetadata)?;
        // RFC 8414 §3.3: else one server could vouch for another's tokens.
        if metadata.issuer != self.name {
            return Err(FetchError::OtherIssuer(metadata.issuer));
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

    #[test]
    fn metadata_is_where_the_two_standards_put_it() {
        for (issuer, expected) in [
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
            let found = Issuer::new(issuer.to_owned(), &Url::parse(issuer).unwrap()).metadata;
            assert_eq!(found.map(String::from), expected, "{issuer}");
        }
    }
}
