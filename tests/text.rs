//! Text that a database may not be able to keep or to compare: refused like any other text that names
//! nothing, wherever a request can bring it.

use reqwest::{Client, RequestBuilder, redirect::Policy};

use crate::harness::{Answer, AuthServer, FORM, Place};

/// Encoded as forms and queries are. PostgreSQL keeps no NUL, and no database keeps what is no UTF-8.
const ODD: [(&str, &str); 7] = [
    ("a NUL", "%00"),
    ("a NUL within", "a%00b"),
    ("no UTF-8", "%FF%FE"),
    ("half a surrogate pair", "%ED%A0%80"),
    ("beyond the first plane", "%F0%9F%94%91"),
    ("no character", "%EF%BF%BF"),
    ("SQL", "%27%3B--%22%5C%24%31"),
];

/// Each parameter of a form in turn has to hold the odd text, beside these.
const FORMS: [(&str, &str, &[&str]); 9] = [
    (
        "/token",
        "grant_type=password&username=johndoe&password=secret&scope=me",
        &["username", "password", "scope", "client_id", "client_secret", "grant_type"],
    ),
    (
        "/token",
        "grant_type=refresh_token&client_id=first-party&refresh_token=x",
        &["refresh_token", "client_id", "scope"],
    ),
    (
        "/token",
        "grant_type=authorization_code&client_id=spa&code=x&code_verifier=x",
        &["code", "code_verifier", "redirect_uri", "client_id"],
    ),
    (
        "/token",
        "grant_type=client_credentials&client_id=web&client_secret=x",
        &["client_id", "client_secret", "scope"],
    ),
    ("/revoke", "client_id=first-party&token=x", &["token", "client_id", "token_type_hint"]),
    (
        "/introspect",
        "client_id=web&client_secret=x&token=x",
        &["token", "client_id", "client_secret"],
    ),
    ("/login", "username=johndoe&password=secret", &["username", "password", "next", "csrf"]),
    ("/authorize/x", "decision=allow", &["decision", "csrf", "username", "password"]),
    ("/account/apps/withdraw", "client_id=spa", &["client_id", "csrf"]),
];

const AUTHORIZE: &str = "response_type=code&client_id=spa&redirect_uri=https://spa.example/callback\
    &scope=me&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
    &code_challenge_method=S256";

#[tokio::test]
async fn odd_text_in_a_form_is_a_clients_mistake() {
    let place = Place::new();
    let auth = unlimited(&place).await;
    let http = browser();
    for (path, form, parameters) in FORMS {
        for parameter in parameters {
            for (row, odd) in ODD {
                let body = with(form, parameter, odd);
                let request = http.post(format!("{}{path}", auth.url)).header("content-type", FORM);
                check(request.body(body), &format!("{path} {parameter}: {row}")).await;
            }
        }
    }
    auth.login("me").await;
}

#[tokio::test]
async fn odd_text_in_an_address_is_a_clients_mistake() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let http = browser();
    for (row, odd) in ODD {
        for name in ["client_id", "redirect_uri", "scope", "state", "code_challenge", "nonce"] {
            let query = with(AUTHORIZE, name, odd);
            let request = http.get(format!("{}/authorize?{query}", auth.url));
            check(request, &format!("/authorize {name}: {row}")).await;
        }
        for path in ["/authorize/", "/assets/x/", "/login?next=", "/account/", "/"] {
            check(http.get(format!("{}{path}{odd}", auth.url)), &format!("{path}: {row}")).await;
        }
    }
}

#[tokio::test]
async fn odd_text_in_a_header_is_a_clients_mistake() {
    let place = Place::new();
    let auth = unlimited(&place).await;
    let http = browser();
    for (row, odd) in ODD {
        // RFC 6749 §2.3.1: id and secret are encoded as in a form before they are put together.
        for (id, secret) in [(odd, "x"), ("web", odd)] {
            let request = http.post(format!("{}/token", auth.url)).basic_auth(id, Some(secret));
            let request = request.form(&[("grant_type", "client_credentials")]);
            check(request, &format!("Basic {id}: {row}")).await;
        }
        for name in ["session", "__Host-session", "scopegate_session"] {
            let request = http.get(format!("{}/account", auth.url));
            check(request.header("cookie", format!("{name}={odd}")), &format!("{name}: {row}"))
                .await;
        }
    }
    for (row, bytes) in [("a high byte", &b"\xff\xfe"[..]), ("UTF-8", "é🔑".as_bytes())] {
        let agent = reqwest::header::HeaderValue::from_bytes(bytes).expect("a header can hold it");
        let request = http.get(format!("{}/authorize?{AUTHORIZE}", auth.url));
        check(request.header("user-agent", agent), &format!("User-Agent: {row}")).await;
    }
}

/// A server that answers the hundredth mistake as it did the first.
async fn unlimited(place: &Place) -> AuthServer {
    AuthServer::with(place, |settings| {
        settings.set("guess-limits", "off");
    })
    .await
}

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("nothing special")
}

/// The form with that parameter in another value.
fn with(form: &str, parameter: &str, value: &str) -> String {
    let others = form.split('&').filter(|pair| !pair.starts_with(&format!("{parameter}=")));
    let mut pairs: Vec<String> = others.map(str::to_owned).collect();
    pairs.push(format!("{parameter}={value}"));
    pairs.join("&")
}

async fn check(request: RequestBuilder, row: &str) {
    let answer = Answer::to(request).await;
    assert!(answer.status < 500, "{row}: {answer:?}");
}
