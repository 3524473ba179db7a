//! The check itself: token, scopes, subject, in that order.

use std::sync::Arc;

use http::{Extensions, HeaderMap};

use crate::{
    bearer::find_token,
    outcome::{Outcome, OutcomeHook},
    principal::{Anonymous, Principal},
    rejection::Reason,
    rule::Rule,
    subject::{Standing, SubjectCheck, Unavailable},
    verifier::{Verifier, VerifyError},
};

/// What all checks of one guard share.
pub(crate) struct Checker {
    pub(crate) verifier: Verifier,
    pub(crate) subjects: Box<dyn SubjectCheck>,
    pub(crate) metadata_url: String,
    pub(crate) hook: Option<OutcomeHook>,
}

impl Checker {
    /// Lets the request pass with its principal in its extensions, or says why not.
    pub(crate) async fn admit(
        &self,
        rule: &Arc<Rule>,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> Result<(), Reason> {
        let judged = self.judge(rule, headers, extensions).await;
        if let Some(OutcomeHook(tell)) = &self.hook {
            tell(match &judged {
                Ok(Some(principal)) => Outcome::Admitted(principal),
                Ok(None) => Outcome::Anonymous,
                Err(reason) => Outcome::Refused(reason),
            });
        }
        if let Some(principal) = judged? {
            extensions.insert(principal);
        } else {
            // A guard around this one may have left the principal of a token that is gone.
            extensions.remove::<Principal>();
            extensions.insert(Anonymous(Arc::clone(rule)));
        }
        Ok(())
    }

    /// Who it is; `None` is a caller without a token, where the rule lets them in.
    async fn judge(
        &self,
        rule: &Arc<Rule>,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> Result<Option<Principal>, Reason> {
        let token = match find_token(headers) {
            Ok(token) => self.verifier.verify(token).await?,
            Err(Reason::NoToken) if rule.optional => return Ok(None),
            Err(_) if !self.verifier.has_keys() => return Err(Reason::NoKeys),
            Err(reason) => return Err(reason),
        };
        if !rule.demand.is_met_by(&token.scope) {
            return Err(Reason::MissingScope);
        }
        match self.subjects.check(&token, extensions).await? {
            Standing::Active => Ok(Some(Principal::admit(token, rule))),
            Standing::Inactive => Err(Reason::Inactive),
            Standing::Unknown => Err(Reason::UnknownSubject),
            Standing::Revoked => Err(Reason::Revoked),
        }
    }
}

impl From<VerifyError> for Reason {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::NoKeys => Self::NoKeys,
            VerifyError::Token(error) => Self::Token(error),
            VerifyError::NotActive => Self::NotActive,
            VerifyError::Unavailable { retry_after } => Self::Unavailable { retry_after },
        }
    }
}

impl From<Unavailable> for Reason {
    fn from(Unavailable { retry_after }: Unavailable) -> Self {
        Self::Unavailable { retry_after }
    }
}
