//! The form of an endpoint or a page: the right media type, a sane size, each parameter once.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use super::client_auth;
use crate::{
    app::App,
    http::{error::Answer, page},
    oauth::{Credentials, OAuthError, Parameters},
};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 128 * 1024;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The body of a token request, and who sends it.
pub struct TokenForm {
    /// The client's credentials, however they were sent.
    pub credentials: Credentials,
    /// The parameters.
    pub parameters: Parameters,
}

/// The form of a page.
pub struct PageForm(pub Parameters);

/// An authorization request that came as a form; parameters given twice are marked.
pub struct AuthorizeForm(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for TokenForm {
    type Rejection = Answer;

    async fn from_request(request: Request, _: &S) -> Result<Self, Answer> {
        let (headers, parameters) = parameters(request, Parameters::parse).await?;
        let credentials = client_auth::credentials(&headers, &parameters)?;
        Ok(Self { credentials, parameters })
    }
}

impl FromRequest<Arc<App>> for PageForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        page_parameters(request, app, Parameters::parse).await.map(Self)
    }
}

impl FromRequest<Arc<App>> for AuthorizeForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        page_parameters(request, app, Parameters::parse_marking).await.map(Self)
    }
}

type Parse = fn(&[u8]) -> Result<Parameters, OAuthError>;

/// The parameters of a form that a browser sends, or a page that says why they are not read.
async fn page_parameters(
    request: Request,
    app: &App,
    parse: Parse,
) -> Result<Parameters, Response> {
    match parameters(request, parse).await {
        Ok((_, parameters)) => Ok(parameters),
        Err(answer) => Err(page::unreadable(app, answer.form_status())),
    }
}

async fn parameters(request: Request, parse: Parse) -> Result<(HeaderMap, Parameters), Answer> {
    let (parts, body) = request.into_parts();
    check_headers(&parts.headers)?;
    let body = read(body).await?;
    Ok((parts.headers, parse(&body)?))
}

fn check_headers(headers: &HeaderMap) -> Result<(), Answer> {
    if declared_length(headers).is_some_and(|length| length > MAX_BODY as u64) {
        return Err(TOO_LARGE);
    }
    let coded = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        return Err(Answer::with_status(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            OAuthError::invalid_request("A compressed body is not read"),
        ));
    }
    if is_form(headers) {
        Ok(())
    } else {
        Err(OAuthError::invalid_request(
            "The Content-Type must be application/x-www-form-urlencoded",
        )
        .into())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The media type is compared without case, its parameters are let be (RFC 9110 §8.3.1).
fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

async fn read(body: Body) -> Result<Bytes, Answer> {
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(TOO_LARGE),
        Err(_) => Err(Answer::with_status(
            StatusCode::REQUEST_TIMEOUT,
            OAuthError::invalid_request("The body did not arrive in time"),
        )),
    }
}

const TOO_LARGE: Answer = Answer::with_status(
    StatusCode::PAYLOAD_TOO_LARGE,
    OAuthError::invalid_request("The body is too large"),
);
