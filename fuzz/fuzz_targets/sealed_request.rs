//! What a browser brings as a sealed request: nothing opens that this server has not sealed.
#![no_main]

use std::sync::LazyLock;

use auth_server::{
    keys::ServerKey,
    oauth::authorize::{AuthorizeRequest, has_form},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use scopegate_core::clock::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

static KEY: LazyLock<ServerKey> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("scopegate-fuzz-seal-{}", std::process::id()));
    let key = ServerKey::load_or_create(&path).expect("the temporary folder is ours");
    std::fs::remove_file(&path).expect("just made");
    key
});

fuzz_target!(|data: &[u8]| {
    // As it came.
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(AuthorizeRequest::open(text, &KEY, NOW), None, "forged");
        if has_form(text) {
            let path = format!("/authorize/{text}");
            assert!(path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b)));
            assert_eq!(path.matches('/').count(), 2);
        }
        // As fields that bear our own seal, which no stranger has: read, or refused, and no crash.
        let seal = KEY.seal(&["authorization request", text]);
        let sealed = format!("{}.{seal}", URL_SAFE_NO_PAD.encode(text));
        assert!(text.is_empty() || has_form(&sealed));
        if let Some(request) = AuthorizeRequest::open(&sealed, &KEY, NOW) {
            let again = AuthorizeRequest::open(&request.seal(&KEY), &KEY, NOW);
            assert_eq!(again, Some(request));
        }
    }
});
