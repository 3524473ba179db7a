//! `/authorize` (RFC 6749 §4.1.1): what passes has PKCE and no parameter twice, comes back from its seal
//! as it was, and its answer gives the state back.
#![no_main]

use std::{path::PathBuf, sync::LazyLock};

use auth_server::{
    keys::ServerKey,
    oauth::{
        Parameters,
        authorize::{Answer, AuthorizeRequest},
    },
};
use libfuzzer_sys::fuzz_target;
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::clients::{Client, Consent};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const URI: &str = "https://app.example/cb?x=1";

static KEY: LazyLock<ServerKey> = LazyLock::new(|| {
    let path: PathBuf = std::env::temp_dir().join(format!("scopegate-fuzz-{}", std::process::id()));
    let key = ServerKey::load_or_create(&path).expect("the temporary folder is ours");
    std::fs::remove_file(&path).expect("just made");
    key
});

fuzz_target!(|data: &[u8]| {
    let Ok(parameters) = Parameters::parse_marking(data) else { return };
    let request = AuthorizeRequest::parse(&parameters, &client(), URI.to_owned(), NOW);
    let state = parameters.find("state");
    let answer = Answer::to(URI, state, "http://localhost:8000");
    let location = match request {
        Ok(request) => {
            assert!(!parameters.has_repeated());
            assert_eq!(parameters.find("response_type"), Some("code"));
            assert_eq!(parameters.find("code_challenge_method"), Some("S256"));
            assert_eq!(request.code_challenge.len(), 43);
            assert_eq!(request.state.as_deref(), state);
            let sealed = request.seal(&KEY);
            assert_eq!(AuthorizeRequest::open(&sealed, &KEY, NOW), Some(request));
            answer.code("code")
        }
        Err(error) => answer.error(error),
    };
    let query = location.strip_prefix(URI).and_then(|rest| rest.strip_prefix('&'));
    let query = query.expect("the answer goes to the registered URI");
    assert!(query.bytes().all(|b| b.is_ascii_graphic() && b != b'#'));
    let told: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let back = told.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_ref());
    assert_eq!(back, state, "AZ05");
});

fn client() -> Client {
    Client {
        client_id: "web".into(),
        name: "Web".into(),
        secret_sha256: None,
        old_secret_sha256: None,
        old_secret_until: None,
        grants: vec!["authorization_code".into()],
        scopes: Scope::parse("me items").expect("two tokens"),
        consent: Consent::Ask,
        resource_server: false,
        disabled: false,
        created_at: NOW,
        updated_at: NOW,
    }
}
