//! Client authentication (RFC 6749 §2.3): Basic, form, none; and what a failure tells.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::harness::{Answer, AuthServer, FORM, OTHER_SECRET, Place, REACH, Stack, Tokens};

const LOGIN: &str = "grant_type=password&username=johndoe&password=secret&scope=me";

/// The secret of the client `web`, encoded as RFC 6749 §2.3.1 asks, in a Basic header and a form. It
/// holds every character that the encodings between here and there treat differently.
const WEB: &str = "Basic:web:p%3Aw%2Bd+%2541%2F%3F%26%3D+and+no+less+than+thirty-two";
const WEB_FORM: &str =
    "client_secret=p%3Aw%2Bd+%2541%2F%3F%26%3D+and+no+less+than+thirty-two&client_id=web";

/// Name, Authorization headers as [`header`] reads them, form.
type Row = (&'static str, &'static [&'static str], &'static str);

const PROVED: &[Row] = &[
    ("CA01 Basic, encoded first", &[WEB], ""),
    ("RFC 6749 §2.3.1 in the form", &[], WEB_FORM),
    ("Basic and the same id in the form", &[WEB], "client_id=web"),
    ("CA14 basic", &["basic:other:another-secret-of-forty-characters-00000"], ""),
    ("CA14 BASIC", &["BASIC:other:another-secret-of-forty-characters-00000"], ""),
    ("a public client by its id", &[], "client_id=spa"),
    ("a public client by Basic", &["Basic:spa:"], ""),
    ("a public client with an empty secret", &[], "client_id=spa&client_secret="),
    ("Swagger UI without a client", &["Basic Og=="], ""),
    ("the default client", &[], ""),
];

/// 401 `invalid_client`.
const UNPROVED: &[Row] = &[
    ("CA02 Basic, not encoded", &["Basic:web:p:w+d %41/?&= and no less than thirty-two"], ""),
    ("CA03 a wrong secret", &["Basic:web:wrong"], ""),
    ("CA03 in the form", &[], "client_id=web&client_secret=wrong"),
    ("CA03 another client's", &["Basic:web:another-secret-of-forty-characters-00000"], ""),
    ("CA05 an unknown client", &["Basic:nobody:wrong"], ""),
    ("CA05 an unknown public one", &[], "client_id=nobody"),
    ("CA05 an id in another case", &[], "client_id=SPA"),
    ("CA09 the id alone", &[], "client_id=web"),
    ("CA09 Basic with an empty secret", &["Basic:web:"], ""),
    ("CA10 a public client with a secret", &[], "client_id=spa&client_secret=wrong"),
    ("CA10 the same by Basic", &["Basic:spa:wrong"], ""),
    ("CA13 not base64", &["Basic %%%"], ""),
    ("CA13 no colon", &["Basic d2Vi"], ""),
    ("CA13 not UTF-8", &["Basic d/9iOng="], ""),
    ("CA13 not UTF-8, encoded", &["Basic:w%ffb:x"], ""),
    ("CA13 an empty id", &["Basic::secret"], ""),
    ("CA13 white space inside", &["Basic d2Vi OnM="], ""),
    ("CA13 Basic alone", &["Basic"], ""),
    ("CA16 a token", &["Bearer a.b.c"], "client_id=spa"),
    ("CA22 a disabled client", &[], "client_id=closed"),
    ("a secret of nobody", &[], "client_secret=wrong"),
];

/// 400 `invalid_request`.
const CONTRADICTORY: &[Row] = &[
    ("CA06 Basic and a secret in the form", &[WEB], WEB_FORM),
    ("two ids", &[WEB], "client_id=other"),
    ("CA15 the same header twice", &[WEB, WEB], ""),
    ("CA15 two headers", &[WEB, "Bearer a.b.c"], ""),
];

#[tokio::test]
async fn a_client_proves_who_it_is_in_one_way() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for (rows, status, error) in [
        (PROVED, 200, ""),
        (UNPROVED, 401, "invalid_client"),
        (CONTRADICTORY, 400, "invalid_request"),
    ] {
        for (row, headers, form) in rows {
            let answer = ask(&auth, headers, form).await;
            assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
            let challenge = answer.header("www-authenticate").starts_with("Basic realm=\"");
            assert_eq!(challenge, status == 401, "RFC 6749 §5.2 {row}: {answer:?}");
        }
    }
    let own = auth.form("client_id=spa&grant_type=client_credentials").await;
    assert_eq!(own.verdict(), (400, "unauthorized_client".to_owned()), "CA11");
}

#[tokio::test]
async fn a_failure_does_not_tell_which_clients_exist() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let wrong = ask(&auth, &["Basic:web:wrong"], "").await;
    for (row, header) in [
        ("CA05 an unknown client", "Basic:nobody:wrong"),
        ("CA10 a public client", "Basic:spa:wrong"),
        ("CA22 a disabled client", "Basic:closed:wrong"),
        ("CA13 not base64", "Basic %%%"),
    ] {
        let answer = ask(&auth, &[header], "").await;
        assert_eq!((answer.status, &answer.body), (wrong.status, &wrong.body), "{row}");
        assert_eq!(answer.lasting_headers(), wrong.lasting_headers(), "{row}");
    }
}

#[tokio::test]
async fn without_a_default_client_a_request_must_name_one() {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.unset("default-client");
    })
    .await;
    for (row, headers, expected) in [
        ("no client", &[][..], 401),
        ("Swagger UI without a client", &["Basic Og=="], 401),
        ("a client", &["Basic:spa:"], 200),
    ] {
        assert_eq!(ask(&auth, headers, "").await.status, expected, "{row}");
    }
}

#[tokio::test]
async fn a_generated_secret_is_long_shown_once_and_kept_as_a_digest() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let made = place
        .run(&["client", "add", "new", "--grants", "password", "--scopes", "me", "--json"])
        .json();
    let secret = made["client_secret"].as_str().expect("CA23: it is printed").to_owned();
    assert!(secret.len() >= 43, "CA23: 256 bits in base64url are 43 characters: {secret}");
    assert_eq!(ask(&auth, &[&format!("Basic:new:{secret}")], "").await.status, 200, "CA23");
    let shown = place.run(&["client", "show", "new", "--json"]).done();
    assert!(!shown.contains(&secret), "CA23: it is shown once");
    auth.stop().await;
    assert!(place.keeps("first-party").await, "it is the store that is searched");
    assert!(!place.keeps(&secret).await, "CA23: only a digest is kept");
}

#[tokio::test]
async fn a_rotated_secret_leaves_the_old_one_for_as_long_as_asked() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let rotate = |more: &[&str]| {
        let arguments = [&["client", "rotate-secret", "other", "--json"], more].concat();
        place.run(&arguments).json()["client_secret"].as_str().expect("the new secret").to_owned()
    };
    let status =
        async |secret: &str| ask(&auth, &[&format!("Basic:other:{secret}")], "").await.status;
    let second = rotate(&["--keep-old", "24h"]);
    assert_eq!((status(OTHER_SECRET).await, status(&second).await), (200, 200), "both, for a day");
    let third = rotate(&[]);
    assert_eq!(
        (status(OTHER_SECRET).await, status(&second).await, status(&third).await),
        (401, 401, 200),
        "the new one alone"
    );
}

#[tokio::test]
async fn a_client_disabled_by_command_is_shut_out_at_once() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me").await;
    stack.place.run(&["client", "disable", "first-party"]).done();
    assert_eq!(stack.auth.password("johndoe", "secret", "me").await.status, 401, "CA22 password");
    assert_eq!(stack.auth.refresh(&tokens.refresh).await.status, 401, "RF11 refresh");
    let refused = (401, "Could not validate credentials");
    stack.resource.comes_to(REACH, "/status/", &tokens.access, refused).await;
    stack.place.run(&["client", "enable", "first-party"]).done();
    Tokens::of(&stack.auth.password("johndoe", "secret", "me").await);
}

/// johndoe's login by a client that proves itself so.
async fn ask(auth: &AuthServer, headers: &[&str], form: &str) -> Answer {
    let mut request = auth.post().header("content-type", FORM).body(format!("{LOGIN}&{form}"));
    for text in headers {
        request = request.header("authorization", header(text));
    }
    Answer::to(request).await
}

/// What follows the first colon is encoded as Basic credentials are.
fn header(text: &str) -> String {
    match text.split_once(':') {
        Some((scheme, credentials)) => format!("{scheme} {}", STANDARD.encode(credentials)),
        None => text.to_owned(),
    }
}
