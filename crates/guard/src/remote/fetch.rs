//! One fetch of a key set: bounded in time and size, without redirects or proxies.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header::CACHE_CONTROL};
use reqwest::{Client, Url};
use scopegate_core::jwk::{JwkError, JwkSet};
use tokio::time::timeout;

use super::discovery::Issuer;
use crate::outbound::{self, BodyError};

/// Far more than any real key set or metadata.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// How long an answer is fresh that does not say so itself.
const FRESH_FOR: Duration = Duration::from_mins(5);

/// The longest that an answer is believed to be fresh.
const MAX_FRESH_FOR: Duration = Duration::from_hours(1);

/// Where the keys are, and how they are fetched.
pub(super) struct Fetcher {
    pub(super) place: Place,
    pub(super) http: Http,
    /// For all requests of a fetch together.
    pub(super) timeout: Duration,
    pub(super) name: String,
}

/// Where the keys are.
pub(super) enum Place {
    /// There.
    Url(Url),
    /// Where the metadata of the issuer says.
    Issuer(Box<Issuer>),
}

/// Makes requests.
pub(super) struct Http(Client);

/// What was found at a URL.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    pub(super) fresh_for: Duration,
}

/// A key set, and the keys of it that cannot be used, by their place.
pub(super) struct KeySet {
    pub(super) keys: JwkSet,
    pub(super) skipped: Vec<(usize, JwkError)>,
    pub(super) fresh_for: Duration,
}

/// Why there is no key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("{0}")]
    Request(String),
    #[error("answered {0}")]
    Status(StatusCode),
    #[error("answered more than {} KiB", MAX_BODY_BYTES / 1024)]
    TooLong,
    #[error("the answer is not a JSON Web Key Set")]
    NotAKeySet,
    #[error("the metadata is not that of an authorization server with a jwks_uri")]
    NotMetadata,
    #[error("the metadata is that of another issuer, {0:?}")]
    OtherIssuer(String),
    #[error("the metadata of an https issuer names a jwks_uri that is not https")]
    Downgrade,
}

impl Fetcher {
    /// Fetches the keys.
    pub(super) async fn fetch(&self) -> Result<KeySet, FetchError> {
        let fetch = async {
            match &self.place {
                Place::Url(url) => self.http.key_set(url).await,
                Place::Issuer(issuer) => issuer.key_set(&self.http).await,
            }
        };
        timeout(self.timeout, fetch).await.unwrap_or(Err(FetchError::Timeout(self.timeout)))
    }

    /// Lets the next fetch read the metadata again.
    pub(super) fn forget(&self) {
        if let Place::Issuer(issuer) = &self.place {
            issuer.forget();
        }
    }

    /// The keys in words: `the keys of https://auth.example`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl Http {
    /// A client that reaches `https` URLs, or is an error where it needs to and cannot.
    pub(super) fn new(needs_https: bool) -> Result<Self, reqwest::Error> {
        // Minutes pass between two requests, after which a connection is rarely still good.
        outbound::client(needs_https, |builder| builder.pool_max_idle_per_host(0)).map(Self)
    }

    pub(super) async fn key_set(&self, url: &Url) -> Result<KeySet, FetchError> {
        let Answer { body, fresh_for } = self.get(url).await?;
        let mut skipped = Vec::new();
        let keys = JwkSet::parse(&body, |at, why| skipped.push((at, why)))
            .map_err(|_| FetchError::NotAKeySet)?;
        Ok(KeySet { keys, skipped, fresh_for })
    }

    /// The body of a 200, and nothing else.
    pub(super) async fn get(&self, url: &Url) -> Result<Answer, FetchError> {
        let response = self.0.get(url.clone()).send().await.map_err(|e| request_error(&e))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let fresh_for = fresh_for(response.headers());
        let body = outbound::body(response, MAX_BODY_BYTES).await.map_err(|error| match error {
            BodyError::Request(error) => request_error(&error),
            BodyError::TooLong => FetchError::TooLong,
        })?;
        Ok(Answer { body, fresh_for })
    }
}

/// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1) within bounds. Many frameworks put `max-age=0`
/// on everything, which says nothing about keys.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    directives
        .flat_map(|value| value.split(','))
        .filter_map(|directive| directive.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("max-age"))
        .and_then(|(_, seconds)| seconds.trim_matches('"').parse().ok())
        .filter(|seconds| *seconds > 0)
        .map_or(FRESH_FOR, |seconds| Duration::from_secs(seconds).min(MAX_FRESH_FOR))
}

fn request_error(error: &reqwest::Error) -> FetchError {
    FetchError::Request(causes(error))
}

/// An error in one line: what caused it.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let texts: Vec<String> = outbound::causes(error).collect();
    if texts.is_empty() { "the request failed".to_owned() } else { texts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_fresh_for_its_max_age_within_bounds() {
        for (cache_control, expected) in [
            (&["max-age=60"][..], 60),
            (&["public, max-age=60, must-revalidate"], 60),
            (&["Public,MAX-AGE=\"60\""], 60),
            (&["public", "max-age=60"], 60),
            (&["max-age=1"], 1),
            (&["max-age=3601"], 3600),
            (&["max-age=18446744073709551615"], 3600),
            (&["max-age=0"], 300),
            (&["max-age=-1"], 300),
            (&["max-age=99999999999999999999"], 300),
            (&["max-age"], 300),
            (&["s-maxage=60"], 300),
            (&["no-store"], 300),
            (&[], 300),
        ] {
            let mut headers = HeaderMap::new();
            for value in cache_control {
                headers.append(CACHE_CONTROL, value.parse().unwrap());
            }
            assert_eq!(fresh_for(&headers).as_secs(), expected, "{cache_control:?}");
        }
    }
}
