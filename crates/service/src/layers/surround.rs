//! What every request gets, in one service and without a box: each layer of a router is two
//! allocations, and a copy of everything inside it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tower_http::{
    catch_panic::{DefaultResponseForPanic, ResponseForPanic},
    request_id::RequestId,
};
use tracing::Span;

use super::{NO_PAGE, REQUEST_ID, id, span};

/// Gives each request an id and a span, each answer its constant headers, and a panic an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surround;

impl<S> Layer<S> for Surround {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Surrounded<S> {
        Surrounded(inner)
    }
}

/// A service whose requests are surrounded.
#[derive(Clone, Debug)]
pub(super) struct Surrounded<S>(S);

impl<S> Service<Request> for Surrounded<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Surrounding<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = id::of(request.headers());
        let span = span(&request, &id);
        let entered = span.enter();
        tracing::debug!("begun");
        request.extensions_mut().insert(RequestId::new(id.clone()));
        let answer = match catch_unwind(AssertUnwindSafe(|| self.0.call(request))) {
            Ok(answer) => Answer::Coming { answer },
            Err(panic) => Answer::Panicked { panic: Some(panic) },
        };
        drop(entered);
        Surrounding { answer, span, id }
    }
}

pin_project! {
    /// An answer on its way.
    pub(super) struct Surrounding<F> {
        #[pin]
        answer: Answer<F>,
        span: Span,
        id: HeaderValue,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer<F> {
        Coming { #[pin] answer: F },
        Panicked { panic: Option<Panic> },
    }
}

type Panic = Box<dyn Any + Send>;

impl<F, E> Future for Surrounding<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        let answer = match this.answer.project() {
            AnswerProjection::Coming { answer } => {
                match catch_unwind(AssertUnwindSafe(|| answer.poll(context))) {
                    Ok(answer) => ready!(answer),
                    Err(panic) => Ok(apology(panic)),
                }
            }
            AnswerProjection::Panicked { panic } => {
                Ok(apology(panic.take().expect("an answer is asked for once")))
            }
        };
        Poll::Ready(answer.map(|mut answer| {
            tracing::debug!(status = answer.status().as_u16(), "answered");
            complete(&mut answer, this.id.clone());
            answer
        }))
    }
}

/// The answer in the place of a panic, which is logged.
fn apology(panic: Panic) -> Response {
    DefaultResponseForPanic::default().response_for_panic(panic).map(Body::new)
}

fn complete(answer: &mut Response, id: HeaderValue) {
    let headers = answer.headers_mut();
    // Room for these, and the length that comes last: the map grows once.
    headers.reserve(5);
    headers.insert(REQUEST_ID, id);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ] {
        headers.entry(name).or_insert(value);
    }
}
