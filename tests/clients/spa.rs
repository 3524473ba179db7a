//! The public client `spa` of the fixture, which gets codes for johndoe and exchanges them.

use reqwest::Url;

use super::browser;
use crate::harness::AuthServer;

/// Where its codes go.
pub(crate) const REDIRECT_URI: &str = "https://spa.example/callback";

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What it sends its users to.
pub(crate) fn authorize(auth: &AuthServer, scope: &str) -> Url {
    let parameters = [
        ("response_type", "code"),
        ("client_id", "spa"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", scope),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    Url::parse_with_params(&format!("{}/authorize", auth.url), parameters).expect("a URL")
}

/// johndoe signs in, allows it, and it is sent a code.
pub(crate) async fn code(auth: &AuthServer, scope: &str) -> String {
    let sent = browser::answer(authorize(auth, scope), REDIRECT_URI, "allow").await;
    let code = sent.query_pairs().find(|(name, _)| name == "code");
    code.unwrap_or_else(|| panic!("no code: {sent}")).1.into_owned()
}

/// The form that exchanges the code.
pub(crate) fn exchange(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", "spa"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}
