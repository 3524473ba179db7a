//! What a guard is told before it is built: whose tokens it takes, and for what.

use std::{fmt, sync::Arc};

use scopegate_core::{
    clock::{Clock, SystemClock},
    verify::Expectation,
};

use crate::{
    check::Checker,
    guard::Guard,
    issuer::TrustedIssuer,
    keys::Keys,
    metadata,
    origin::{is_issuer, is_origin},
    outcome::{Outcome, OutcomeHook},
    proof::Proof,
    subject::{SubjectCheck, TokenOnly},
    verifier::Verifier,
};

/// Collects what a [`Guard`] needs: issuer, audience and keys; the rest has defaults.
#[must_use]
pub struct GuardBuilder {
    issuer: Option<String>,
    proof: Option<Proof>,
    others: Vec<(String, Proof)>,
    audience: Option<String>,
    metadata_url: Option<String>,
    subjects: Box<dyn SubjectCheck>,
    clock: Arc<dyn Clock>,
    hook: Option<OutcomeHook>,
}

/// Why a guard could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Nothing was said about it.
    #[error("a guard needs {0}")]
    Missing(&'static str),
    /// An audience that is not `http` or `https`, host and at most a port.
    #[error("the audience is `{0}`, not a URL such as https://api.example without path or slash")]
    Audience(String),
    /// An issuer that is not an `http` or `https` URL, or one with a query or a fragment
    /// (RFC 8414 §2).
    #[error("the issuer is `{0}`, not a URL such as https://auth.example")]
    Issuer(String),
    /// A metadata URL that is not an `http` or `https` URL without query and fragment.
    #[error("the metadata URL is `{0}`, not a URL such as https://api.example/v1/metadata")]
    MetadataUrl(String),
    /// Two proofs for one issuer: a token of it could be judged by the wrong one.
    #[error("the issuer `{0}` is named twice; several keys of it go into one `Keys`")]
    Repeated(String),
    /// Two issuers to be asked: an opaque token does not say which of them it is from, and neither
    /// may see the other's.
    #[error("two issuers are to be asked about tokens; a guard asks one at most")]
    SeveralIntrospections,
    /// The keys over the network, so that `?` on `Keys::discovered(…).build()` is enough.
    #[cfg(feature = "jwks")]
    #[error(transparent)]
    RemoteKeys(#[from] crate::remote::RemoteKeysError),
    /// The introspection endpoint.
    #[cfg(feature = "introspection")]
    #[error(transparent)]
    Introspection(#[from] crate::introspection::IntrospectionSetupError),
}

impl GuardBuilder {
    pub(crate) fn new() -> Self {
        Self {
            issuer: None,
            proof: None,
            others: Vec::new(),
            audience: None,
            metadata_url: None,
            subjects: Box::new(TokenOnly),
            clock: Arc::new(SystemClock),
            hook: None,
        }
    }

    /// The authorization server's URL, byte for byte as in `iss`.
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.issuer = Some(url.into());
        self
    }

    /// The keys that the issuer's tokens are verified with.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.proof = Some(keys.into());
        self
    }

    /// The issuer itself, which is asked about each token (RFC 7662), instead of keys.
    #[cfg(feature = "introspection")]
    pub fn introspection(mut self, endpoint: crate::introspection::Introspection) -> Self {
        self.proof = Some(endpoint.into());
        self
    }

    /// One more issuer, with keys of its own. The `iss` of a token only chooses whose keys are
    /// tried; a token that is signed with another's is refused.
    ///
    /// Two issuers may well know two people by one name. Whoever stores something for a subject
    /// stores it for the pair of [`issuer`](crate::Principal::issuer) and
    /// [`subject`](crate::Principal::subject), and a [`SubjectCheck`] looks at both.
    ///
    /// ```no_run
    /// use scopegate_guard::{Guard, Keys};
    ///
    /// # fn guard() -> Result<Guard, Box<dyn std::error::Error>> {
    /// let guard = Guard::builder()
    ///     .audience("https://api.example")
    ///     .trust("https://staff.example", Keys::file("staff.key"))
    ///     .trust("https://customers.example", Keys::file("customers.key"))
    ///     .build()?;
    /// # Ok(guard)
    /// # }
    /// ```
    pub fn trust(mut self, issuer: impl Into<String>, proof: impl Into<Proof>) -> Self {
        self.others.push((issuer.into(), proof.into()));
        self
    }

    /// This service's public URL, byte for byte as in `aud`.
    pub fn audience(mut self, url: impl Into<String>) -> Self {
        self.audience = Some(url.into());
        self
    }

    /// Where clients find the protected-resource metadata, for challenges (RFC 9728 §5.1): a proxy
    /// may serve it elsewhere than at [`METADATA_PATH`](crate::METADATA_PATH) of the audience.
    pub fn metadata_url(mut self, url: impl Into<String>) -> Self {
        self.metadata_url = Some(url.into());
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

    /// Is told how each check ended, for metrics. It runs before the handler, within the request,
    /// so it should only count. Open routes are not checked.
    ///
    /// It does not hear of what extractors refuse later: [`NotAUser`](crate::Reason::NotAUser),
    /// [`NotAClient`](crate::Reason::NotAClient) and
    /// [`MissingClaims`](crate::Reason::MissingClaims) are told as [`Outcome::Admitted`], and a
    /// handler that insists on a principal where none is needed as [`Outcome::Anonymous`]. Whoever
    /// wants those too counts the 401s of the answers.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use scopegate_guard::{Guard, Outcome, Reason};
    ///
    /// static ADMITTED: AtomicU64 = AtomicU64::new(0);
    /// static REFUSED: AtomicU64 = AtomicU64::new(0);
    /// static UNAVAILABLE: AtomicU64 = AtomicU64::new(0);
    ///
    /// let builder = Guard::builder().on_outcome(|outcome| {
    ///     let counter = match outcome {
    ///         Outcome::Admitted(_) | Outcome::Anonymous => &ADMITTED,
    ///         Outcome::Refused(Reason::NoKeys | Reason::Unavailable { .. }) => &UNAVAILABLE,
    ///         Outcome::Refused(_) => &REFUSED,
    ///         _ => return, // more may be told one day
    ///     };
    ///     counter.fetch_add(1, Ordering::Relaxed);
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_outcome(mut self, hook: impl Fn(Outcome<'_>) + Send + Sync + 'static) -> Self {
        self.hook = Some(OutcomeHook(Box::new(hook)));
        self
    }

    /// The guard.
    pub fn build(self) -> Result<Guard, GuardError> {
        let audience = self.audience.ok_or(GuardError::Missing("audience"))?;
        if !is_origin(&audience) {
            return Err(GuardError::Audience(audience));
        }
        let metadata_url = match self.metadata_url {
            None => metadata::url(&audience),
            Some(url) if is_issuer(&url) => url,
            Some(url) => return Err(GuardError::MetadataUrl(url)),
        };
        let trusted = all_issuers(self.issuer, self.proof, self.others)?;
        let audience: Arc<str> = audience.into();
        let issuers = trusted.into_iter().map(|(issuer, proof)| {
            let expected = Expectation { issuer: issuer.into(), audience: Arc::clone(&audience) };
            TrustedIssuer::new(expected, proof)
        });
        let issuers = issuers.collect::<Result<Vec<_>, _>>()?;
        if issuers.iter().filter(|issuer| issuer.is_asked()).count() > 1 {
            return Err(GuardError::SeveralIntrospections);
        }
        let verifier = Verifier::new(audience, issuers, self.clock);
        let (subjects, hook) = (self.subjects, self.hook);
        Ok(Guard(Arc::new(Checker { verifier, subjects, metadata_url, hook })))
    }
}

/// The issuers with their proofs, each once and at least one.
fn all_issuers(
    issuer: Option<String>,
    proof: Option<Proof>,
    others: Vec<(String, Proof)>,
) -> Result<Vec<(String, Proof)>, GuardError> {
    let first = match (issuer, proof) {
        (Some(issuer), Some(proof)) => Some((issuer, proof)),
        (None, None) if !others.is_empty() => None,
        (None, _) => return Err(GuardError::Missing("issuer")),
        (Some(_), None) => return Err(GuardError::Missing("keys")),
    };
    let all: Vec<_> = first.into_iter().chain(others).collect();
    for (at, (issuer, _)) in all.iter().enumerate() {
        if !is_issuer(issuer) {
            return Err(GuardError::Issuer(issuer.clone()));
        }
        if all.iter().take(at).any(|(other, _)| other == issuer) {
            return Err(GuardError::Repeated(issuer.clone()));
        }
    }
    Ok(all)
}

impl fmt::Debug for GuardBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder")
            .field("issuer", &self.issuer)
            .field("others", &self.others)
            .field("audience", &self.audience)
            .field("metadata_url", &self.metadata_url)
            .finish_non_exhaustive()
    }
}
