//! `Forwarded` and `X-Forwarded-For`: nobody but a trusted proxy says where a request comes from.
#![no_main]

use std::{net::SocketAddr, sync::LazyLock};

use auth_server::{
    config::{LimitConfig, PROGRAM, TrustedProxies},
    http::fuzzing::client_ip,
    limits::Net,
};
use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderValue, header},
};
use libfuzzer_sys::fuzz_target;
use scopegate_settings::{environment::Environment, flags::Flags, resolve::resolve};

static TRUSTED: LazyLock<TrustedProxies> = LazyLock::new(|| {
    let variable = ("SCOPEGATE_TRUSTED_PROXIES".into(), "10.0.0.0/8, fd00::/8, ::1".into());
    let values = resolve(&PROGRAM, &Flags::default(), &Environment::new([variable]), None);
    let config = LimitConfig::read(&values.expect("it is a setting"));
    config.expect("these are networks").trusted_proxies
});

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for (line, name) in data
        .split(|&b| b == b'\n')
        .take(4)
        .zip([header::FORWARDED, header::HeaderName::from_static("x-forwarded-for")].iter().cycle())
    {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        headers.append(name, value);
    }
    for (peer, trusted) in [("192.0.2.1:1", false), ("10.0.0.1:1", true), ("[fd00::1]:1", true)] {
        let peer: SocketAddr = peer.parse().expect("it is an address");
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        let found = client_ip(&extensions, &headers, &TRUSTED).expect("there is a peer");
        assert!(trusted || found == peer.ip(), "HH04");
        assert_eq!(found, found.to_canonical());
        assert!(!Net::of(found).to_string().is_empty());
    }
    assert!(client_ip(&Extensions::new(), &headers, &TRUSTED).is_none());
});
