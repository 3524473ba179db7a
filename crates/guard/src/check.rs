//! The check before a guarded route: token, scopes, subject, in that order.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
    routing::Route,
};
use http::{Extensions, HeaderMap, header::CACHE_CONTROL};
use tower::{Layer, Service};

use crate::{
    bearer::find_token,
    principal::{Anonymous, Principal},
    rejection::{NO_STORE, Reason, Rejection},
    rule::{Rule, Rules},
    subject::{Standing, SubjectCheck, Unavailable},
    verifier::{Verifier, VerifyError},
};

/// What all checks of one guard share.
pub(crate) struct Checker {
    pub(crate) verifier: Verifier,
    pub(crate) subjects: Box<dyn SubjectCheck>,
}

/// Puts the check before each method of one path.
#[derive(Clone)]
pub(crate) struct CheckLayer {
    pub(crate) checker: Arc<Checker>,
    pub(crate) rules: Rules,
}

#[derive(Clone)]
pub(crate) struct Check {
    layer: CheckLayer,
    route: Route,
}

impl Checker {
    /// Lets the request pass with its principal in its extensions, or says why not.
    async fn admit(
        &self,
        rule: &Arc<Rule>,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> Result<(), Reason> {
        let sent = find_token(headers);
        if rule.optional && sent == Err(Reason::NoToken) {
            extensions.remove::<Principal>();
            extensions.insert(Anonymous(Arc::clone(rule)));
            return Ok(());
        }
        if !self.verifier.keys().is_ready() {
            return Err(Reason::NoKeys);
        }
        let token = self.verifier.verify(sent?).await?;
        if !rule.demand.is_met_by(&token.scope) {
            return Err(Reason::MissingScope);
        }
        match self.subjects.check(&token, extensions).await? {
            Standing::Active => {}
            Standing::Inactive => return Err(Reason::Inactive),
            Standing::Unknown => return Err(Reason::UnknownSubject),
            Standing::Revoked => return Err(Reason::Revoked),
        }
        extensions.insert(Principal::admit(token, rule));
        Ok(())
    }
}

impl From<VerifyError> for Reason {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::NoKeys => Self::NoKeys,
            VerifyError::Token(error) => Self::Token(error),
        }
    }
}

impl From<Unavailable> for Reason {
    fn from(Unavailable { retry_after }: Unavailable) -> Self {
        Self::Unavailable { retry_after }
    }
}

impl Layer<Route> for CheckLayer {
    type Service = Check;

    fn layer(&self, route: Route) -> Check {
        Check { layer: self.clone(), route }
    }
}

impl Service<Request> for Check {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.route, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The route that was polled ready is the one to call; the clone takes its place.
        let fresh = self.route.clone();
        let mut route = std::mem::replace(&mut self.route, fresh);
        let Some(rule) = self.layer.rules.find(request.method()).cloned() else {
            return Box::pin(route.call(request));
        };
        let checker = Arc::clone(&self.layer.checker);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let admitted = checker.admit(&rule, &parts.headers, &mut parts.extensions).await;
            let mut response = match admitted {
                Ok(()) => route.call(Request::from_parts(parts, body)).await?,
                Err(reason) => Rejection::new(reason, rule).into_response(),
            };
            response.headers_mut().entry(CACHE_CONTROL).or_insert(NO_STORE);
            Ok(response)
        })
    }
}
