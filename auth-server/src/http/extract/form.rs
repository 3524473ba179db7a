//! The form of an endpoint or a page: the right media type, a sane size, each parameter once.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;

use super::client_auth;
use crate::{
    app::App,
    http::{error::Answer, page},
    oauth::{Credentials, OAuthError, Parameters},
};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 128 * 1024;

/// How much of a larger one is taken and dropped, in bytes, and for how long where its length was
/// declared.
const MAX_DROPPED: usize = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_millis(500);

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
    if declared_length(&parts.headers).is_some_and(|length| length > MAX_BODY as u64) {
        // Whatever comes of it, the answer is the same.
        let _ = tokio::time::timeout(PATIENCE, collect(body)).await;
        return Err(TOO_LARGE);
    }
    check_headers(&parts.headers)?;
    let body = read(body).await?;
    Ok((parts.headers, parse(&body)?))
}

fn check_headers(headers: &HeaderMap) -> Result<(), Answer> {
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

async fn read(body: Body) -> Result<Vec<u8>, Answer> {
    match tokio::time::timeout(BODY_TIMEOUT, collect(body)).await {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(TOO_LARGE),
        Err(_) => Err(Answer::with_status(
            StatusCode::REQUEST_TIMEOUT,
            OAuthError::invalid_request("The body did not arrive in time"),
        )),
    }
}

/// The body; `None` where it is too large or breaks off.
///
/// Some of what is too much is taken and dropped: a connection that is closed over unread bytes is
/// reset, and then the client never sees why.
async fn collect(mut body: Body) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        length += data.len();
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DROPPED {
            break;
        }
    }
    (length <= MAX_BODY).then_some(bytes)
}

const TOO_LARGE: Answer = Answer::with_status(
    StatusCode::PAYLOAD_TOO_LARGE,
    OAuthError::invalid_request("The body is too large"),
);
