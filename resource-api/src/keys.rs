//! Which keys verify: those of the algorithms that are accepted, each from where it is kept.

use scopegate_core::algorithm::Algorithm;
use scopegate_guard::{Keys, RemoteKeysError};

use crate::config::Config;

/// Starts to follow the keys: the shared-key file for HS256, and for the others a URL, the one that
/// was set or that of the issuer's metadata. What `verify-algs` does not name is not looked at.
pub fn of(config: &Config) -> Result<Keys, RemoteKeysError> {
    let (public, shared): (Vec<_>, Vec<_>) =
        config.verify_algs.iter().copied().partition(|algorithm| algorithm.is_asymmetric());
    let mut sources = Vec::new();
    if !shared.is_empty() {
        sources.push(Keys::file(&config.shared_key_file));
    }
    if !public.is_empty() {
        sources.push(remote(config, public)?);
    }
    Ok(Keys::any(sources))
}

/// What the sources of [`of`] are called in metrics, in their order.
pub fn sources(config: &Config) -> Vec<&'static str> {
    let any = |public| config.verify_algs.iter().any(|alg| alg.is_asymmetric() == public);
    let file = any(false).then_some("file");
    file.into_iter().chain(any(true).then_some("url")).collect()
}

fn remote(config: &Config, algorithms: Vec<Algorithm>) -> Result<Keys, RemoteKeysError> {
    let keys = match &config.jwks_url {
        Some(url) => {
            warn_of_plain_http(config, url);
            Keys::jwks(url)
        }
        None => Keys::discovered(config.issuer.as_str()),
    };
    keys.algorithms(algorithms).build()
}

/// Says when the keys come by a way that the issuer's own URL would not allow.
fn warn_of_plain_http(config: &Config, url: &str) {
    if config.issuer.is_https() && !url.starts_with("https://") {
        tracing::warn!(
            "jwks-url is plain http under an https issuer: whoever can change what passes between \
             resource-api and {url} can have tokens of their own accepted"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::read;

    #[tokio::test]
    async fn each_algorithm_has_its_source() {
        const FILE: &str = "the shared key file";
        const FOUND: &str = "the keys of http://localhost:8000";
        const URL: &str = "http://auth-server:8000/.well-known/jwks.json";
        let at_url = format!("the keys of {URL}");
        let jwks_url = ("SCOPEGATE_JWKS_URL", URL);
        for (signing, verify, more, expected) in [
            ("HS256", "", None, &[FILE][..]),
            ("HS256", "", Some(jwks_url), &[FILE]),
            ("EdDSA", "", None, &[FOUND]),
            ("EdDSA", "", Some(jwks_url), &[&at_url]),
            ("EdDSA", "HS256,EdDSA", None, &[FILE, FOUND]),
            ("HS256", "HS256,ES256", Some(jwks_url), &[FILE, &at_url]),
            ("ES256", "ES256,RS256", None, &[FOUND]),
        ] {
            let mut variables =
                vec![("SCOPEGATE_SIGNING_ALG", signing), ("SCOPEGATE_VERIFY_ALGS", verify)];
            variables.extend(more);
            let config = read(&variables).unwrap();
            let states = of(&config).unwrap().states();
            let kinds = expected.iter().map(|name| if *name == FILE { "file" } else { "url" });
            assert_eq!(sources(&config), kinds.collect::<Vec<_>>(), "{signing}, {verify}");
            let names: Vec<_> = states.iter().map(|source| source.name.as_str()).collect();
            assert_eq!(names, expected, "{signing}, {verify}, {more:?}");
        }
    }
}
