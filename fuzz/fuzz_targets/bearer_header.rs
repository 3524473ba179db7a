//! The `Authorization` header of a guarded route (RFC 6750 §2.1): nothing but a good token opens it, and
//! every refusal has its status and its challenge.
#![no_main]

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Request, Response, header},
};
use libfuzzer_sys::fuzz_target;
use scopegate_guard::{
    Access, Guard,
    testing::{ManualClock, TestTokens, Timestamp},
};
use tower::{Layer, ServiceExt, service_fn};

static GUARD: LazyLock<(Guard, String)> = LazyLock::new(|| {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
    let tokens =
        TestTokens::new("http://localhost:8000", "http://localhost:8001").with_clock(clock);
    let token = tokens.user("johndoe").scopes("me").mint();
    (tokens.guard().build().expect("it is complete"), token)
});

fuzz_target!(|data: &[u8]| {
    let (guard, token) = &*GUARD;
    // A good token stands where the input says `$`.
    let mut lines = Vec::new();
    for line in data.split(|&b| b == b'\n').take(3) {
        let line: Vec<u8> = line
            .iter()
            .flat_map(|b| if *b == b'$' { token.as_bytes() } else { std::slice::from_ref(b) })
            .copied()
            .collect();
        let Ok(value) = HeaderValue::from_bytes(&line) else { return };
        lines.push(value);
    }
    let mut request = Request::new(Body::empty());
    for line in &lines {
        request.headers_mut().append(header::AUTHORIZATION, line.clone());
    }
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new(Bytes::new())));
    let service = guard.layer(Access::scopes(["me"])).layer(inner);
    let answer = now(service.oneshot(request)).expect("it cannot fail");
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
    match answer.status().as_u16() {
        200 => {
            let [line] = &lines[..] else { panic!("more than one header opened it") };
            let (scheme, rest) = line.as_bytes().split_at(6);
            assert!(scheme.eq_ignore_ascii_case(b"bearer"));
            assert_eq!(rest.trim_ascii_start(), token.as_bytes(), "another token opened it");
        }
        400 | 401 => {
            let challenge = challenge.expect("it has a challenge").to_str().expect("it is text");
            assert!(challenge.starts_with("Bearer "), "{challenge}");
        }
        other => panic!("{other}"),
    }
});

/// The answer of a check that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the check waits for something"),
    }
}
