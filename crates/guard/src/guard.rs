//! The guard: whose tokens it takes, and for what.

use std::{net::Ipv6Addr, sync::Arc};

use axum::{Router, routing::MethodRouter};
use scopegate_core::{
    clock::{Clock, SystemClock},
    verify::Expectation,
};

use crate::{
    access::Access,
    check::{CheckLayer, Checker},
    keys::Keys,
    metadata,
    router::Routes,
    rule::Rules,
    subject::{SubjectCheck, TokenOnly},
    verifier::Verifier,
};

/// Protects routes. Clones share keys and subject check.
#[derive(Clone)]
pub struct Guard(Arc<Checker>);

/// Collects what a [`Guard`] needs: issuer, audience and keys; subjects and clock have defaults.
#[must_use]
pub struct GuardBuilder {
    issuer: Option<String>,
    audience: Option<String>,
    keys: Option<Keys>,
    subjects: Box<dyn SubjectCheck>,
    clock: Arc<dyn Clock>,
}

/// Why a guard could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Nothing was said about it.
    #[error("a guard needs {0}")]
    Missing(&'static str),
    /// Not `http` or `https`, host and at most a port.
    #[error("{what} is `{value}`, not a URL such as `https://api.example` without path or slash")]
    NotAnOrigin {
        /// `issuer` or `audience`.
        what: &'static str,
        /// What was given.
        value: String,
    },
}

impl Guard {
    /// Starts a guard.
    pub fn builder() -> GuardBuilder {
        GuardBuilder {
            issuer: None,
            audience: None,
            keys: None,
            subjects: Box::new(TokenOnly),
            clock: Arc::new(SystemClock),
        }
    }

    /// The routes with the check before each guarded one, and their metadata (RFC 9728) at
    /// [`METADATA_PATH`](crate::METADATA_PATH).
    ///
    /// The check runs only where a route matches; an unknown path stays 404. On a guarded path it
    /// comes before the 405 of a wrong method. Call it once per application, with all routes: the
    /// metadata names their scopes. Merge the router, do not nest it, or the metadata moves.
    ///
    /// # Panics
    ///
    /// Where a path is not one for axum, or two routes would be served at the same one.
    #[track_caller]
    pub fn protect<S>(&self, routes: Routes<S>) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let expected = self.0.verifier.expectation();
        let metadata_url = metadata::url(&expected.audience);
        let metadata = metadata::endpoint(expected, &routes.all_scopes());
        let check = |access: &Access, methods: MethodRouter<S>| {
            if access.is_open() {
                return methods;
            }
            let rules = Rules::new(access, &metadata_url);
            methods.layer(CheckLayer { checker: Arc::clone(&self.0), rules })
        };
        routes.serve(check).route(metadata::METADATA_PATH, metadata)
    }

    /// The check of a token alone, for what does not come through a route.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }
}

impl GuardBuilder {
    /// The authorization server's URL, byte for byte as in `iss`.
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.issuer = Some(url.into());
        self
    }

    /// This service's public URL, byte for byte as in `aud`.
    pub fn audience(mut self, url: impl Into<String>) -> Self {
        self.audience = Some(url.into());
        self
    }

    /// The keys that tokens are verified with.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Who says whether a subject still stands; [`TokenOnly`] unless said.
    pub fn subjects(mut self, subjects: impl SubjectCheck + 'static) -> Self {
        self.subjects = Box::new(subjects);
        self
    }

    /// Who tells the time; the machine unless said.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The guard. Issuer and audience must be `http` or `https` URLs of host and port only.
    pub fn build(self) -> Result<Guard, GuardError> {
        let issuer = origin("issuer", self.issuer)?;
        let audience = origin("audience", self.audience)?;
        let keys = self.keys.ok_or(GuardError::Missing("keys"))?;
        let expected = Expectation { issuer: issuer.into(), audience: audience.into() };
        let verifier = Verifier::new(expected, keys, self.clock);
        Ok(Guard(Arc::new(Checker { verifier, subjects: self.subjects })))
    }
}

fn origin(what: &'static str, value: Option<String>) -> Result<String, GuardError> {
    let value = value.ok_or(GuardError::Missing(what))?;
    let authority = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    if authority.is_some_and(is_authority) {
        Ok(value)
    } else {
        Err(GuardError::NotAnOrigin { what, value })
    }
}

/// A host and at most a port. Nothing that passes can end a quoted string in a header.
fn is_authority(text: &str) -> bool {
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let port_is_good = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return host.parse::<Ipv6Addr>().is_ok() && port_is_good;
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    !host.is_empty() && host.bytes().all(is_host) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_audience_are_host_and_port_only() {
        for (url, good) in [
            ("http://localhost:8000", true),
            ("https://api.example", true),
            ("http://[::1]:8001", true),
            ("https://xn--bcher-kva.example", true),
            ("https://api.example/", false),
            ("https://api.example/v1", false),
            ("https://api.example?x", false),
            ("https://api.example#x", false),
            ("https://user@api.example", false),
            ("https://api.example:", false),
            ("https://api.example:99999", false),
            ("https://api.example:+80", false),
            ("https://api.exa\"mple", false),
            ("https://api.exa\\mple", false),
            ("https://api example", false),
            ("https://bücher.example", false),
            ("https://", false),
            ("http://[::1", false),
            ("http://[::1]x", false),
            ("ftp://api.example", false),
            ("HTTPS://api.example", false),
            ("api.example", false),
            ("", false),
        ] {
            assert_eq!(origin("issuer", Some(url.to_owned())).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn a_guard_says_what_it_lacks() {
        let built = Guard::builder().issuer("http://localhost:8000").build();
        assert_eq!(built.err(), Some(GuardError::Missing("audience")));
    }
}
