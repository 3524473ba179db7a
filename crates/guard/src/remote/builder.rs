//! What is said about keys at a URL before they are fetched.

use std::time::Duration;

use reqwest::Url;
use scopegate_core::algorithm::Algorithm;

use super::{
    Remote,
    discovery::Issuer,
    fetch::{Fetcher, Http, Place, causes},
};
use crate::{keys::Keys, outbound};

/// Collects how public keys are fetched; made by [`Keys::jwks`] and [`Keys::discovered`].
///
/// The keys are fetched at once, and again before the `max-age` of the answer has passed (5
/// minutes where it names none, an hour at most). A failure is logged, and tried again after
/// 1 s up to 60 s; the keys that are there stay in force for as long as it takes. While there have
/// been none, guarded routes answer 503, and pauses are 5 s at most. A key that the server has
/// taken back is refused from the next fetch on.
///
/// A token that names an unknown key leads to a fetch, at most once an interval for all of them
/// together, and waits for it.
///
/// No redirect is followed and no proxy is used; certificates are checked against the system's
/// authorities. Over plain `http` whoever can change the answer can forge tokens: that is for
/// loopback and private networks.
///
/// ```no_run
/// use scopegate_guard::{Algorithm, Keys};
///
/// # fn keys() -> Result<Keys, scopegate_guard::RemoteKeysError> {
/// // `iss` is http://localhost:8000, but from here the server is called otherwise.
/// let keys = Keys::jwks("http://auth-server:8000/.well-known/jwks.json")
///     .algorithms([Algorithm::EdDsa])
///     .build()?;
/// # Ok(keys)
/// # }
/// ```
#[must_use]
#[derive(Clone, Debug)]
pub struct RemoteKeys {
    at: At,
    algorithms: Vec<Algorithm>,
    timeout: Duration,
    least_interval: Duration,
}

#[derive(Clone, Debug)]
enum At {
    Url(String),
    Issuer(String),
}

/// Why keys cannot be fetched as asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteKeysError {
    /// Not an absolute `http` or `https` URL, or one with a user name, a password or a fragment;
    /// for an issuer, a query is one too much as well (RFC 8414 §2).
    #[error("`{0}` is not a URL such as https://auth.example/.well-known/jwks.json")]
    NotAUrl(String),
    /// HS256 has no public key, so nothing that is published can verify it.
    #[error("there are no public keys for HS256")]
    Symmetric,
    /// No algorithm is accepted, so every token would be refused.
    #[error("keys without an algorithm verify nothing")]
    NoAlgorithm,
    /// TLS cannot be used, for want of certificate authorities on the system for example.
    #[error("no client for https: {0}")]
    Tls(String),
}

impl RemoteKeys {
    pub(crate) fn jwks(url: String) -> Self {
        Self::new(At::Url(url))
    }

    pub(crate) fn discovered(issuer: String) -> Self {
        Self::new(At::Issuer(issuer))
    }

    fn new(at: At) -> Self {
        Self {
            at,
            algorithms: vec![Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256],
            timeout: Duration::from_secs(5),
            least_interval: Duration::from_mins(1),
        }
    }

    /// The algorithms that are accepted; `EdDSA`, ES256 and RS256 unless said. A key of another is
    /// not used.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How long a fetch may take in all, metadata included; 5 seconds unless said.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long after one fetch for an unknown key the next may be; a minute unless said.
    pub const fn least_interval(mut self, interval: Duration) -> Self {
        self.least_interval = interval;
        self
    }

    /// Starts fetching. Nothing is waited for; [`Keys::ready`] does.
    ///
    /// The keys are kept up to date until the last clone is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time and I/O enabled: the fetching task runs on the current
    /// one.
    #[track_caller]
    pub fn build(self) -> Result<Keys, RemoteKeysError> {
        if self.algorithms.contains(&Algorithm::Hs256) {
            return Err(RemoteKeysError::Symmetric);
        }
        if self.algorithms.is_empty() {
            return Err(RemoteKeysError::NoAlgorithm);
        }
        let url = self.at.url()?;
        let tls = |error| RemoteKeysError::Tls(causes(&error));
        let http = Http::new(url.scheme() == "https").map_err(tls)?;
        let fetcher = Fetcher {
            name: self.at.name(&url),
            place: self.at.place(url),
            http,
            timeout: self.timeout,
        };
        Ok(Keys::remote(Remote::start(fetcher, self.algorithms, self.least_interval)))
    }
}

impl At {
    fn url(&self) -> Result<Url, RemoteKeysError> {
        let (Self::Url(text) | Self::Issuer(text)) = self;
        let fine = |url: &Url| matches!(self, Self::Url(_)) || url.query().is_none();
        let url = outbound::parse_url(text).filter(fine);
        url.ok_or_else(|| RemoteKeysError::NotAUrl(text.clone()))
    }

    /// A query may hold what is not for everyone's eyes.
    fn name(&self, url: &Url) -> String {
        match self {
            Self::Url(_) => {
                let mut url = url.clone();
                url.set_query(None);
                format!("the keys of {url}")
            }
            Self::Issuer(issuer) => format!("the keys of {issuer}"),
        }
    }

    fn place(self, url: Url) -> Place {
        match self {
            Self::Url(_) => Place::Url(url),
            Self::Issuer(issuer) => Place::Issuer(Box::new(Issuer::new(issuer, &url))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_fetched_is_refused_at_once() {
        for (name, url, is_url, is_issuer) in [
            ("https", "https://auth.example/keys", true, true),
            ("http and a port", "http://auth-server:8000", true, true),
            ("a query", "https://auth.example/keys?a=b", true, false),
            ("a fragment", "https://auth.example/keys#a", false, false),
            ("a user", "https://user@auth.example/keys", false, false),
            ("a password", "https://:secret@auth.example/keys", false, false),
            ("another scheme", "file:///etc/keys", false, false),
            ("no scheme", "auth.example/keys", false, false),
            ("empty", "", false, false),
        ] {
            let refused = RemoteKeysError::NotAUrl(url.to_owned());
            for (keys, fine) in [(Keys::jwks(url), is_url), (Keys::discovered(url), is_issuer)] {
                let expected = if fine { None } else { Some(refused.clone()) };
                assert_eq!(keys.build().err(), expected, "{name}");
            }
        }
        let keys = Keys::jwks("http://127.0.0.1/");
        for (algorithms, expected) in [
            (&[][..], RemoteKeysError::NoAlgorithm),
            (&[Algorithm::EdDsa, Algorithm::Hs256], RemoteKeysError::Symmetric),
        ] {
            let built = keys.clone().algorithms(algorithms.iter().copied()).build();
            assert_eq!(built.err(), Some(expected));
        }
    }

    #[tokio::test]
    async fn a_query_is_not_shown() {
        let keys = Keys::jwks("https://auth.example/keys?key=secret").build().unwrap();
        assert_eq!(keys.states()[0].name, "the keys of https://auth.example/keys");
    }
}
