//! Requests by route, method and class of status, and how long each took. One whose client hangs up
//! first counts too: under an outage it may be all there is.
//!
//! The route is the template that matched, as `/authorize/{id}`: a path would be a stranger's text.

use std::{
    borrow::Cow,
    collections::HashMap,
    pin::Pin,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::MatchedPath,
    http::{Method, Request, Response, StatusCode},
};
use pin_project_lite::pin_project;
use prometheus_client::{metrics::family::Family, registry::Unit};
use tower::{Layer, Service};

use super::{Counter, Distribution, Labels, Sheet, title};

/// From a millisecond to what nobody waits for any more.
const BOUNDS: &[u64] = &[
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

/// Methods by name; whatever else is sent is one of the last.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "other"];

/// Classes of status; the last one is of requests that got no answer.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "aborted"];

/// The place of the last.
const ABORTED: usize = CLASSES.len() - 1;

/// What matched no route.
const UNMATCHED: &str = "none";

/// The requests of a program. Clones share everything.
#[derive(Clone, Debug)]
pub struct HttpMetrics(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Distribution, fn() -> Distribution>,
    /// A route comes in when it is first used, so there are as many as the program has.
    routes: RwLock<HashMap<Cow<'static, str>, Arc<Route>>>,
    unmatched: Arc<Route>,
}

/// The series of one route, each made when it is first needed.
#[derive(Debug)]
struct Route {
    template: Cow<'static, str>,
    methods: [PerMethod; METHODS.len()],
}

#[derive(Debug, Default)]
struct PerMethod {
    duration: OnceLock<Distribution>,
    requests: [OnceLock<Counter>; CLASSES.len()],
}

impl HttpMetrics {
    /// Shows them on this sheet.
    pub fn new(sheet: &mut Sheet) -> Self {
        let requests = Family::<Labels, Counter>::default();
        let durations: Family<Labels, Distribution, fn() -> Distribution> =
            Family::new_with_constructor(|| Distribution::of_nanoseconds(BOUNDS));
        sheet.register(
            title(
                "scopegate_http_requests",
                "Requests that were answered, or given up by their clients",
            ),
            None,
            requests.clone(),
        );
        sheet.register(
            title(
                "scopegate_http_request_duration",
                "From a request's head to its answer's, or until its client hung up",
            ),
            Some(Unit::Seconds),
            durations.clone(),
        );
        let unmatched = Arc::new(Route::new(UNMATCHED.into()));
        Self(Arc::new(Shared { requests, durations, routes: RwLock::default(), unmatched }))
    }

    fn route(&self, matched: Option<&MatchedPath>) -> Arc<Route> {
        let Some(template) = matched.map(MatchedPath::as_str) else {
            return Arc::clone(&self.0.unmatched);
        };
        let known = self.0.routes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = known.get(template) {
            return Arc::clone(route);
        }
        drop(known);
        let template: Cow<'static, str> = template.to_owned().into();
        let mut routes = self.0.routes.write().unwrap_or_else(PoisonError::into_inner);
        let route =
            routes.entry(template).or_insert_with_key(|name| Arc::new(Route::new(name.clone())));
        Arc::clone(route)
    }

    fn count(&self, begun: &Begun, class: usize) {
        let Begun { route, method, since } = begun;
        let took = since.elapsed();
        let labels = || -> Labels {
            vec![("route", route.template.clone()), ("method", METHODS[*method].into())]
        };
        let series = &route.methods[*method];
        series.duration.get_or_init(|| self.0.durations.get_or_create_owned(&labels())).took(took);
        series.requests[class]
            .get_or_init(|| {
                let mut labels = labels();
                labels.push(("status", CLASSES[class].into()));
                self.0.requests.get_or_create_owned(&labels)
            })
            .inc();
    }
}

impl Route {
    fn new(template: Cow<'static, str>) -> Self {
        Self { template, methods: std::array::from_fn(|_| PerMethod::default()) }
    }
}

/// Counts each request of the service that it wraps: a layer of a router's routes.
#[derive(Clone, Debug)]
pub struct HttpLayer(pub HttpMetrics);

impl<S> Layer<S> for HttpLayer {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Counting<S> {
        Counting { inner, metrics: self.0.clone() }
    }
}

/// A service whose requests are counted.
#[derive(Clone, Debug)]
pub struct Counting<S> {
    inner: S,
    metrics: HttpMetrics,
}

struct Begun {
    route: Arc<Route>,
    method: usize,
    since: Instant,
}

impl<S, B, A> Service<Request<B>> for Counting<S>
where
    S: Service<Request<B>, Response = Response<A>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Counted<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let route = self.metrics.route(request.extensions().get::<MatchedPath>());
        let begun = Begun { route, method: place(request.method()), since: Instant::now() };
        Counted {
            answer: self.inner.call(request),
            begun: Some(begun),
            metrics: self.metrics.clone(),
        }
    }
}

pin_project! {
    /// An answer on its way. Dropped before that, it has lost its client.
    pub struct Counted<F> {
        #[pin]
        answer: F,
        begun: Option<Begun>,
        metrics: HttpMetrics,
    }

    impl<F> PinnedDrop for Counted<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(begun) = this.begun.take() {
                this.metrics.count(&begun, ABORTED);
            }
        }
    }
}

impl<F, A, E> Future for Counted<F>
where
    F: Future<Output = Result<Response<A>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(context));
        if let (Some(begun), Ok(answer)) = (this.begun.take(), &answer) {
            this.metrics.count(&begun, class(answer.status()));
        }
        Poll::Ready(answer)
    }
}

fn class(status: StatusCode) -> usize {
    usize::from(status.as_u16() / 100).clamp(1, ABORTED) - 1
}

fn place(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1)
}
