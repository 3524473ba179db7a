//! Requests that a guard makes itself: their answers decide who gets in, so nobody on the way may send
//! them elsewhere, and none is read without a bound.

use std::{error::Error, iter};

use reqwest::{Client, ClientBuilder, Response, Url, redirect::Policy};

/// Why the body of an answer is not there.
pub(crate) enum BodyError {
    Request(reqwest::Error),
    TooLong,
}

/// An absolute `http` or `https` URL, without credentials and without a fragment.
pub(crate) fn parse_url(text: &str) -> Option<Url> {
    let parsed = Url::parse(text).ok()?;
    let is_http = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
    let is_plain =
        parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none();
    (is_http && is_plain).then_some(parsed)
}

/// A client, finished by `with`. Without certificate authorities on the system it reaches `http` URLs
/// only, which is an error for whoever needs `https`.
pub(crate) fn client(
    needs_https: bool,
    with: fn(ClientBuilder) -> ClientBuilder,
) -> Result<Client, reqwest::Error> {
    let builder = || {
        let builder = Client::builder()
            .user_agent(concat!("scopegate-guard/", env!("CARGO_PKG_VERSION")))
            // The answer is trusted because of where it comes from, and the question may be secret.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false);
        with(builder)
    };
    match builder().build() {
        Err(_) if !needs_https => builder().tls_certs_only([]).build(),
        client => client,
    }
}

/// The body of an answer, of so many bytes at most.
pub(crate) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Request)? {
        if body.len() + chunk.len() > most {
            return Err(BodyError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What caused an error, down to what the system said, without the URL: whoever logs it names that.
pub(crate) fn causes(error: &reqwest::Error) -> impl Iterator<Item = String> {
    iter::successors(error.source(), |&error| error.source()).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_absolute_and_without_credentials() {
        for (url, good) in [
            ("http://localhost:8000/introspect", true),
            ("https://auth.example/oauth2/introspect?tenant=1", true),
            ("https://user@auth.example/", false),
            ("https://:secret@auth.example/", false),
            ("https://auth.example/#x", false),
            ("ftp://auth.example/", false),
            ("/introspect", false),
            ("auth.example", false),
            ("", false),
        ] {
            assert_eq!(parse_url(url).is_some(), good, "{url}");
        }
    }
}
