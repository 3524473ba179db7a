//! Client authentication (RFC 6749 §2.3): Basic, form, none; and what a failure tells.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::harness::{
    Answer, AuthServer, FORM, OTHER_SECRET, Place, Stack, Tokens, WEB_SECRET, holds,
};

const LOGIN: &str = "grant_type=password&username=johndoe&password=secret&scope=me";

/// [`WEB_SECRET`] as a form encodes it.
const WEB_ENCODED: &str = "p%3Aw%2Bd+%2541%2F%3F%26%3D+and+no+less+than+thirty-two";

#[tokio::test]
async fn a_client_proves_who_it_is_in_one_way() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let web = basic(&format!("web:{WEB_ENCODED}"));
    let (right, wrong) = (
        "client_secret=p%3Aw%2Bd+%2541%2F%3F%26%3D+and+no+less+than+thirty-two",
        "client_secret=wrong",
    );
    for (row, headers, body, status, error) in [
        ("CA01 Basic, encoded first", &[web.as_str()][..], "", 200, ""),
        (
            "CA02 Basic, not encoded",
            &[&basic(&format!("web:{WEB_SECRET}"))],
            "",
            401,
            "invalid_client",
        ),
        ("CA03 a wrong secret", &[&basic("web:wrong")], "", 401, "invalid_client"),
        ("CA05 an unknown client", &[&basic("nobody:wrong")], "", 401, "invalid_client"),
        ("CA06 Basic and a secret in the body", &[&web], right, 400, "invalid_request"),
        ("RFC 6749 §2.3.1 the secret in the body", &[], &format!("client_id=web&{right}"), 200, ""),
        (
            "a wrong secret in the body",
            &[],
            &format!("client_id=web&{wrong}"),
            401,
            "invalid_client",
        ),
        ("a secret of nobody", &[], wrong, 401, "invalid_client"),
        ("CA09 a confidential client by its id alone", &[], "client_id=web", 401, "invalid_client"),
        ("CA09 Basic with an empty secret", &[&basic("web:")], "", 401, "invalid_client"),
        (
            "CA10 a public client with a secret",
            &[],
            &format!("client_id=spa&{wrong}"),
            401,
            "invalid_client",
        ),
        ("CA10 the same by Basic", &[&basic("spa:secret")], "", 401, "invalid_client"),
        ("a public client by its id", &[], "client_id=spa", 200, ""),
        ("a public client by Basic", &[&basic("spa:")], "", 200, ""),
        ("a public client with an empty secret", &[], "client_id=spa&client_secret=", 200, ""),
        ("Swagger UI without a client", &["Basic Og=="], "", 200, ""),
        ("no client at all", &[], "", 200, ""),
        ("an unknown public client", &[], "client_id=nobody", 401, "invalid_client"),
        ("an id in another case", &[], "client_id=SPA", 401, "invalid_client"),
        ("Basic and the same id in the body", &[&web], "client_id=web", 200, ""),
        ("two ids", &[&web], "client_id=other", 400, "invalid_request"),
        (
            "another client's secret",
            &[&basic(&format!("web:{OTHER_SECRET}"))],
            "",
            401,
            "invalid_client",
        ),
        ("CA13 not base64", &["Basic %%%"], "", 401, "invalid_client"),
        ("CA13 no colon", &[&basic("web")], "", 401, "invalid_client"),
        (
            "CA13 not UTF-8",
            &[&format!("Basic {}", STANDARD.encode(b"w\xffb:x"))],
            "",
            401,
            "invalid_client",
        ),
        ("CA13 an empty id", &[&basic(":secret")], "", 401, "invalid_client"),
        ("CA13 white space inside", &["Basic d2Vi OnM="], "", 401, "invalid_client"),
        ("CA13 Basic alone", &["Basic"], "", 401, "invalid_client"),
        ("CA14 basic", &[&web.replace("Basic", "basic")], "", 200, ""),
        ("CA14 BASIC", &[&web.replace("Basic", "BASIC")], "", 200, ""),
        ("CA15 the same header twice", &[&web, &web], "", 400, "invalid_request"),
        ("CA15 two headers", &[&web, "Bearer a.b.c"], "", 400, "invalid_request"),
        ("CA16 a token", &["Bearer a.b.c"], "client_id=spa", 401, "invalid_client"),
        ("CA22 a disabled client", &[], "client_id=closed", 401, "invalid_client"),
        (
            "CA11 client_credentials",
            &[],
            "client_id=spa&grant_type=client_credentials",
            400,
            "unauthorized_client",
        ),
    ] {
        let login = if body.contains("grant_type") { "" } else { LOGIN };
        let answer = ask(&auth, headers, &format!("{login}&{body}")).await;
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.starts_with("Basic realm=\""), status == 401, "{row}: {challenge}");
    }
}

#[tokio::test]
async fn a_failure_does_not_tell_which_clients_exist() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let wrong = ask(&auth, &[&basic("web:wrong")], LOGIN).await;
    for (row, header) in [
        ("CA05 an unknown client", basic("nobody:wrong")),
        ("CA10 a public client", basic("spa:wrong")),
        ("CA22 a disabled client", basic("closed:wrong")),
        ("CA13 not base64", "Basic %%%".to_owned()),
    ] {
        let answer = ask(&auth, &[&header], LOGIN).await;
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
        ("a client", &[basic("spa:").as_str()], 200),
    ] {
        assert_eq!(ask(&auth, headers, LOGIN).await.status, expected, "{row}");
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
    assert_eq!(ask(&auth, &[&basic(&format!("new:{secret}"))], LOGIN).await.status, 200, "CA23");
    let shown = place.run(&["client", "show", "new", "--json"]).done();
    assert!(!shown.contains(&secret), "CA23: it is shown once");
    auth.stop().await;
    assert!(holds(&place.path("data"), "first-party"), "the store is below the folder");
    assert!(!holds(&place.path("data"), &secret), "CA23: only a digest is kept");
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
        async |secret: &str| ask(&auth, &[&basic(&format!("other:{secret}"))], LOGIN).await.status;
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
    stack.resource.comes_to(crate::harness::REACH, "/status/", &tokens.access, refused).await;
    stack.place.run(&["client", "enable", "first-party"]).done();
    Tokens::of(&stack.auth.password("johndoe", "secret", "me").await);
}

async fn ask(auth: &AuthServer, headers: &[&str], body: &str) -> Answer {
    let mut request = auth.post().header("content-type", FORM).body(body.to_owned());
    for header in headers {
        request = request.header("authorization", *header);
    }
    Answer::to(request).await
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}
