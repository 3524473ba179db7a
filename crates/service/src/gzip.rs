//! Files that the program carries compressed, for clients that take them so, and for the others.

use std::io::{self, Read};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;

/// The most that a file of ours has, compressed or not, in bytes.
const MAX_FILE: usize = 4 << 20;

/// Unpacks the answer for a client that has not said that it takes gzip (RFC 9110 §12.5.3).
pub(crate) async fn only_where_taken(request: Request, next: Next) -> Response {
    let taken = takes_gzip(request.headers());
    let mut answer = next.run(request).await;
    if answer.headers().get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return answer;
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if taken {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(unpacked) = unpack(body).await else {
        return StatusCode::NOT_ACCEPTABLE.into_response();
    };
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(unpacked))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|weight| weight > 0.0)
    })
}

async fn unpack(body: Body) -> io::Result<Vec<u8>> {
    let packed = to_bytes(body, MAX_FILE).await.map_err(io::Error::other)?;
    let mut unpacked = Vec::new();
    let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    GzDecoder::new(&*packed).take(limit).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_the_client_says_so() {
        for (accepted, expected) in [
            (&["gzip"][..], true),
            (&["deflate, GZIP;q=0.5, br"], true),
            (&["br", "gzip"], true),
            (&[], false),
            (&["br"], false),
            (&["gzip;q=0"], false),
            (&["x-gzip"], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in accepted {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            assert_eq!(takes_gzip(&headers), expected, "{accepted:?}");
        }
    }
}
