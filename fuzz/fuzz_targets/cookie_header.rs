//! The cookies of a browser: a session's is 256 bits in base64url, or none.
#![no_main]

use auth_server::http::fuzzing::{known_browser, session_cookie, set_session_cookie};
use axum::http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|&b| b == b'\n').take(4) {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        headers.append(header::COOKIE, value);
    }
    for https in [false, true] {
        let _ = known_browser(&headers, https);
        let Some(cookie) = session_cookie(&headers, https) else { continue };
        assert_eq!(cookie.expose().len(), 43);
        let set = set_session_cookie(&cookie, https);
        let set = set.to_str().expect("it is text");
        let (pair, attributes) = set.split_once(';').expect("it has attributes");
        assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));
        let mut back = HeaderMap::new();
        back.insert(header::COOKIE, pair.parse().expect("it is text"));
        let again = session_cookie(&back, https).expect("it is ours");
        assert_eq!(again.expose(), cookie.expose());
        assert!(session_cookie(&back, !https).is_none(), "UI06 the other name");
    }
});
