//! Where verification keys come from.

use std::{fmt, path::PathBuf, slice, sync::Arc};

use scopegate_core::{
    algorithm::Algorithm,
    claims::Verified,
    clock::Timestamp,
    jwk::JwkSet,
    key::SharedKeys,
    verify::{Expectation, KeyHint, TokenError, VerifyingKeys},
};

#[cfg(feature = "jwks")]
use crate::remote::{Remote, RemoteKeys};
use crate::{key_file::KeyFile, source_state::SourceState, verifier::VerifyError};

/// Verification keys, from one source or several. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<[Source]>);

#[derive(Clone)]
enum Source {
    Fixed(Arc<VerifyingKeys>),
    File(Arc<KeyFile>),
    #[cfg(feature = "jwks")]
    Remote(Arc<Remote>),
}

impl Keys {
    /// These keys, for as long as the program runs.
    pub fn fixed(keys: &SharedKeys) -> Self {
        Self::of(Source::Fixed(Arc::new(VerifyingKeys::hs256(keys))))
    }

    /// These public keys, for as long as the program runs.
    pub fn public(keys: &JwkSet) -> Self {
        Self::of(Source::Fixed(Arc::new(VerifyingKeys::public(keys))))
    }

    /// The keys of a shared-key file, read now if it is there and again within two seconds of
    /// each change. A file that cannot be read leaves the old keys in force and is logged once.
    /// While there has been no good file, guarded routes answer 503.
    ///
    /// The file is watched until the last clone is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time enabled: the watching task runs on the current one.
    #[track_caller]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Source::File(KeyFile::watch(path.into())))
    }

    /// The public keys at a URL (RFC 7517 §5); to be finished with
    /// [`build`](RemoteKeys::build). It may name another host than the issuer does.
    #[cfg(feature = "jwks")]
    pub fn jwks(url: impl Into<String>) -> RemoteKeys {
        RemoteKeys::jwks(url.into())
    }

    /// The public keys of an authorization server, at the `jwks_uri` of its metadata (RFC 8414);
    /// to be finished with [`build`](RemoteKeys::build).
    #[cfg(feature = "jwks")]
    pub fn discovered(issuer: impl Into<String>) -> RemoteKeys {
        RemoteKeys::discovered(issuer.into())
    }

    #[cfg(feature = "jwks")]
    pub(crate) fn remote(remote: Remote) -> Self {
        Self::of(Source::Remote(Arc::new(remote)))
    }

    /// The keys of all these sources, such as a shared-key file and a URL while an issuer moves
    /// from HS256 to `EdDSA`. A token is good if one of them verifies it.
    ///
    /// While a source that may know a token's key has not given any, the token is answered 503
    /// and not 401; what the others know is verified meanwhile. Without sources every token is
    /// refused.
    pub fn any(sources: impl IntoIterator<Item = Self>) -> Self {
        Self(sources.into_iter().flat_map(|keys| keys.0.to_vec()).collect())
    }

    fn of(source: Source) -> Self {
        Self(Arc::new([source]))
    }

    /// Whether every source has given keys.
    ///
    /// It says that sources answered, not that tokens can be good: a set that was fetched and holds
    /// no usable key, such as `{"keys":[]}` or one with other algorithms only, counts too.
    /// [`states`](Self::states) shows it as `keys: Some(0)`.
    pub fn is_ready(&self) -> bool {
        self.sources().all(Source::is_ready)
    }

    /// Whether some source has keys, so that some token can be judged.
    pub(crate) fn has_some(&self) -> bool {
        self.sources().any(Source::is_ready)
    }

    /// Waits until every source has given keys.
    pub async fn ready(&self) {
        for source in self.sources() {
            source.ready().await;
        }
    }

    /// Asks every source again, now, as on SIGHUP. What they gave is in force when this returns.
    pub async fn reload(&self) {
        for source in self.sources() {
            source.reload().await;
        }
    }

    /// How each source stands.
    pub fn states(&self) -> Vec<SourceState> {
        self.sources().map(Source::state).collect()
    }

    /// Checks a token with the present keys. Takes no lock and waits for nothing.
    pub(crate) fn verify(
        &self,
        expected: &Expectation,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, VerifyError> {
        let mut refusal = VerifyError::Token(TokenError::UnknownKey);
        for source in self.sources() {
            match source.with(|keys| expected.verify(token, keys, now)) {
                None if source.may_know(token) => {
                    if refusal == VerifyError::Token(TokenError::UnknownKey) {
                        refusal = VerifyError::NoKeys;
                    }
                }
                None | Some(Err(TokenError::UnknownKey)) => {}
                // Without a `kid` it may be by a key of the next source.
                Some(Err(error @ TokenError::Signature)) => refusal = error.into(),
                Some(outcome) => return outcome.map_err(VerifyError::Token),
            }
        }
        Err(refusal)
    }

    /// Asks the sources for the key that the token names, where that can help and is not done too
    /// often. Says whether there may be others than before.
    #[cfg_attr(
        not(feature = "jwks"),
        expect(unused_variables, clippy::unused_async, reason = "only the network can be asked")
    )]
    pub(crate) async fn look_again(&self, token: &str) -> bool {
        #[cfg(feature = "jwks")]
        if let Some(hint) = KeyHint::parse(token) {
            for source in self.sources() {
                if let Source::Remote(remote) = source
                    && remote.look_for(&hint).await
                {
                    return true;
                }
            }
        }
        false
    }

    fn sources(&self) -> slice::Iter<'_, Source> {
        self.0.iter()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.states()).finish()
    }
}

impl Source {
    fn with<T>(&self, job: impl FnOnce(&VerifyingKeys) -> T) -> Option<T> {
        match self {
            Self::Fixed(keys) => Some(job(keys)),
            Self::File(file) => file.with(job),
            #[cfg(feature = "jwks")]
            Self::Remote(remote) => remote.with(job),
        }
    }

    /// Whether a key for this token's algorithm could come from here. What is no token of ours is
    /// not judged before there are keys.
    fn may_know(&self, token: &str) -> bool {
        KeyHint::parse(token).is_none_or(|hint| match self {
            Self::Fixed(_) => false,
            Self::File(_) => hint.algorithm == Algorithm::Hs256,
            #[cfg(feature = "jwks")]
            Self::Remote(remote) => remote.serves(hint.algorithm),
        })
    }

    fn is_ready(&self) -> bool {
        self.with(|_| ()).is_some()
    }

    async fn ready(&self) {
        match self {
            Self::Fixed(_) => {}
            Self::File(file) => file.ready().await,
            #[cfg(feature = "jwks")]
            Self::Remote(remote) => remote.ready().await,
        }
    }

    async fn reload(&self) {
        match self {
            Self::Fixed(_) => {}
            Self::File(file) => KeyFile::reload(Arc::clone(file)).await,
            #[cfg(feature = "jwks")]
            Self::Remote(remote) => remote.reload().await,
        }
    }

    fn state(&self) -> SourceState {
        match self {
            Self::Fixed(keys) => SourceState {
                name: "fixed keys".to_owned(),
                keys: Some(keys.len()),
                age: None,
                error: None,
            },
            Self::File(file) => file.state(),
            #[cfg(feature = "jwks")]
            Self::Remote(remote) => remote.state(),
        }
    }
}
