//! The check as a tower layer, for axum's routes and for every other HTTP service.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Bytes;
use http::{Request, Response, header::CACHE_CONTROL};
use tower::{Layer, Service};

use crate::{
    check::Checker,
    rejection::{NO_STORE, Rejection},
    rule::Rules,
};

/// Puts the check of a [`Guard`](crate::Guard) before a service; made by
/// [`Guard::layer`](crate::Guard::layer).
#[derive(Clone)]
pub struct GuardLayer {
    pub(crate) checker: Arc<Checker>,
    pub(crate) rules: Rules,
}

/// A service behind the check of a [`Guard`](crate::Guard).
#[derive(Clone)]
pub struct Guarded<S> {
    layer: GuardLayer,
    service: S,
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, service: S) -> Guarded<S> {
        Guarded { layer: self.clone(), service }
    }
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; the clone takes its place.
        let fresh = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, fresh);
        let Some(rule) = self.layer.rules.find(request.method()).cloned() else {
            return Box::pin(service.call(request));
        };
        let checker = Arc::clone(&self.layer.checker);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let admitted = checker.admit(&rule, &parts.headers, &mut parts.extensions).await;
            let mut response = match admitted {
                Ok(()) => service.call(Request::from_parts(parts, body)).await?,
                Err(reason) => Rejection::new(reason, rule).into_http(),
            };
            response.headers_mut().entry(CACHE_CONTROL).or_insert(NO_STORE);
            Ok(response)
        })
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for Guarded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("service", &self.service).finish_non_exhaustive()
    }
}
