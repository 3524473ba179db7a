//! Redirect URIs: one that may be registered is in its normal form, and one that matches leads to the
//! same scheme, host, path and query (RFC 9700 §2.1), on a loopback literal to any port.
#![no_main]

use auth_server::oauth::{
    authorize::{matches, origin_source},
    redirect_uri,
};
use libfuzzer_sys::fuzz_target;
use url::{Position, Url};

fuzz_target!(|data: &str| {
    let (registered, requested) = data.split_once('\n').unwrap_or((data, data));
    let source = origin_source(requested);
    assert!(!source.is_empty());
    if redirect_uri::check(registered).is_err() {
        return;
    }
    let known = Url::parse(registered).expect("it was checked");
    assert_eq!(known.as_str(), registered);
    assert!(known.fragment().is_none() && known.username().is_empty());
    assert!(matches(registered, registered));
    if !matches(registered, requested) {
        return;
    }
    let asked = Url::parse(requested).expect("what matches is a URL");
    assert_eq!(asked.scheme(), known.scheme());
    assert_eq!(asked.host_str(), known.host_str());
    assert_eq!(asked[Position::BeforePath..], known[Position::BeforePath..]);
    assert!(
        asked.username().is_empty() && asked.password().is_none() && asked.fragment().is_none()
    );
    let any_port =
        ["http://127.0.0.1", "http://[::1]"].iter().any(|host| registered.starts_with(host));
    assert!(any_port || requested == registered);
    assert!(source.bytes().all(|b| b.is_ascii_graphic() && !b";,'".contains(&b)), "{source}");
});
