//! The token of an `Authorization` header (RFC 6750 §2.1). Queries and forms are not read.

use http::{HeaderMap, header::AUTHORIZATION};

use crate::rejection::Reason;

/// The one Bearer token of these headers.
pub(crate) fn find_token(headers: &HeaderMap) -> Result<&str, Reason> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let header = sent.next().ok_or(Reason::NoToken)?.as_bytes();
    if sent.next().is_some() {
        return Err(Reason::InvalidRequest);
    }
    let end = header.iter().position(|b| !is_scheme_byte(*b)).unwrap_or(header.len());
    let (scheme, rest) = header.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Reason::NoToken);
    }
    let spaces = rest.iter().take_while(|b| **b == b' ').count();
    let token = &rest[spaces..];
    if spaces == 0 || !is_b64token(token) {
        return Err(Reason::InvalidRequest);
    }
    std::str::from_utf8(token).map_err(|_| Reason::InvalidRequest)
}

/// `b64token` = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|b| **b == b'=').count();
    let text = &token[..token.len() - padding];
    // Without a way out in the middle or a table: a good token is read to its end anyway.
    !text.is_empty() && text.iter().fold(true, |all, b| all & is_text_byte(*b))
}

/// What a `b64token` has before its padding.
const fn is_text_byte(b: u8) -> bool {
    // From `-` to `9` lie the hyphen, the dot, the slash and the digits, and nothing else.
    let is_letter = (b | 0x20).wrapping_sub(b'a') < 26;
    is_letter || b.wrapping_sub(b'-') < 13 || b == b'_' || b == b'~' || b == b'+'
}

/// `tchar` (RFC 9110 §5.6.2), of which `auth-scheme` consists.
fn is_scheme_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_authorization_header_is_read_strictly() {
        for (name, header, expected) in [
            ("RFC 6750 2.1", "Bearer a.b-c_d~e+f/g==", Ok("a.b-c_d~e+f/g==")),
            ("BR02 lower case", "bearer x", Ok("x")),
            ("BR02 upper case", "BEARER x", Ok("x")),
            ("BR03 two spaces", "Bearer  x", Ok("x")),
            ("BR03 alone", "Bearer", Err(Reason::InvalidRequest)),
            ("BR03 only a space", "Bearer ", Err(Reason::InvalidRequest)),
            ("BR03 two tokens", "Bearer x y", Err(Reason::InvalidRequest)),
            ("BR03 comma", "Bearer x,", Err(Reason::InvalidRequest)),
            ("BR03 a tab", "Bearer\tx", Err(Reason::InvalidRequest)),
            ("BR03 only padding", "Bearer ==", Err(Reason::InvalidRequest)),
            ("BR03 padding inside", "Bearer a=b", Err(Reason::InvalidRequest)),
            ("BR03 a parameter", "Bearer=x", Err(Reason::InvalidRequest)),
            ("JW26 quoted", "Bearer \"x\"", Err(Reason::InvalidRequest)),
            ("JW26 two with a comma", "Bearer x,x", Err(Reason::InvalidRequest)),
            ("BR03 Basic", "Basic eDp5", Err(Reason::NoToken)),
            ("BR03 Token", "Token x", Err(Reason::NoToken)),
            ("BR03 longer name", "Bearerx y", Err(Reason::NoToken)),
            ("empty", "", Err(Reason::NoToken)),
            ("leading space", " Bearer x", Err(Reason::NoToken)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
            assert_eq!(find_token(&headers), expected, "{name}");
        }
    }

    #[test]
    fn bytes_beyond_ascii_are_an_invalid_request() {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap();
        headers.insert(AUTHORIZATION, value);
        assert_eq!(find_token(&headers), Err(Reason::InvalidRequest));
    }
}
