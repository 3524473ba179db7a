//! What a check found, for metrics.

use crate::{principal::Principal, rejection::Reason};

/// How a check ended, told to [`GuardBuilder::on_outcome`](crate::GuardBuilder::on_outcome).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// A good token with the scopes, of a subject that stands. An extractor may still refuse it:
    /// [`NotAUser`](Reason::NotAUser), [`NotAClient`](Reason::NotAClient) and
    /// [`MissingClaims`](Reason::MissingClaims) come after this.
    Admitted(&'a Principal),
    /// No token, on a route where none is needed.
    Anonymous,
    /// A refusal by the check, before handler and extractors.
    Refused(&'a Reason),
}

/// Who is told.
pub(crate) struct OutcomeHook(pub(crate) Box<dyn Fn(Outcome<'_>) + Send + Sync>);
