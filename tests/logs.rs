//! Log lines: they tell what happened and for which request, and neither they nor the store keep a
//! secret of any flow.

use std::fs;

use reqwest::{Client, header, redirect::Policy};
use scopegate_core::algorithm::Algorithm;
use serde_json::Value;

use crate::{
    clients::spa,
    harness::{Answer, AuthServer, OTHER_SECRET, Place, ResourceApi, Settings, Stack, Tokens},
};

const NEW_PASSWORD: &str = "a brand new password of johndoe";

/// Every secret that a stack has seen, each with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() > 5, "{what}: {secret:?} would be found anywhere");
        self.0.push((what, secret.clone()));
        secret
    }

    fn add_tokens(&mut self, answer: &Answer) -> Tokens {
        let tokens = Tokens::of(answer);
        self.add("an access token", &tokens.access);
        if !tokens.refresh.is_empty() {
            self.add("a refresh token", &tokens.refresh);
        }
        tokens
    }
}

#[tokio::test]
async fn ij06_neither_log_nor_store_keeps_a_secret() {
    for (format, algorithm) in [("text", Algorithm::Hs256), ("json", Algorithm::EdDsa)] {
        let talkative = |settings: &mut Settings| {
            settings.variable("RUST_LOG", "trace").set("log-format", format);
        };
        let place = Place::new().signing(algorithm);
        let mut auth = AuthServer::with(&place, talkative).await;
        let mut secrets = Secrets::default();
        clients(&auth, &mut secrets).await;
        let tokens = codes(&auth, &mut secrets).await;
        pages(&auth, &mut secrets).await;
        keys_of(&place, &mut secrets);
        let resource = match algorithm {
            Algorithm::Hs256 => visits(&place, talkative, &tokens.access).await,
            _ => String::new(),
        };
        auth.process.stop().await;
        let auth = auth.process.log();
        assert!(auth.contains("refused") && auth.contains("DEBUG"), "{format}: {auth}");
        for (what, secret) in &secrets.0 {
            let encoded = secret.replace(' ', "+");
            for text in [secret, &encoded] {
                assert!(!auth.contains(text), "{format}: the log of auth-server tells {what}");
                assert!(!resource.contains(text), "{format}: that of resource-api tells {what}");
            }
            let is_key_file = what.ends_with(" key");
            assert!(is_key_file || !place.keeps(secret).await, "the data hold {what}");
        }
    }
}

/// What resource-api logs of tokens, good and bad.
async fn visits(place: &Place, change: impl FnOnce(&mut Settings), token: &str) -> String {
    let mut resource = ResourceApi::with(place, change).await;
    resource.ask("/users/me/", token).await;
    resource.ask("/status/", "a.forged.token").await;
    resource.get(&format!("/users/me/?access_token={token}")).await;
    resource.process.stop().await;
    resource.process.log()
}

/// The keys in their files.
fn keys_of(place: &Place, secrets: &mut Secrets) {
    let server_key = fs::read_to_string(place.data("private/server.key"));
    secrets.add("the server key", server_key.expect("it was made").trim());
    if place.algorithm() == Algorithm::Hs256 {
        secrets.add("the shared key", place.shared_key().trim_end());
        return;
    }
    let folder = fs::read_dir(place.data("private/signing")).expect("a folder");
    for file in folder {
        let pem = fs::read_to_string(file.expect("an entry").path()).expect("a private key");
        let line = pem.lines().nth(1).expect("a line of base64");
        secrets.add("the private key", line);
    }
}

/// Clients at their endpoints: good and bad.
async fn clients(auth: &AuthServer, secrets: &mut Secrets) {
    let tokens = secrets.add_tokens(&auth.password("johndoe", "secret", "me").await);
    secrets.add_tokens(&auth.refresh(&tokens.refresh).await);
    auth.password("johndoe", &secrets.add("a wrong password", "a wrong password"), "me").await;
    let typed = secrets.add("a password typed as a name", "hunter2hunter2");
    auth.password(&typed, &typed, "me").await;
    let secret = secrets.add("a client's secret", OTHER_SECRET);
    let as_other = || auth.post().basic_auth("other", Some(&secret));
    let form = [("grant_type", "password"), ("username", "bob"), ("password", "secret")];
    secrets.add_tokens(&Answer::to(as_other().form(&form)).await);
    let wrong = secrets.add("a wrong secret", "a-wrong-secret-of-a-client");
    Answer::to(auth.post().basic_auth("other", Some(&wrong)).form(&form)).await;
    auth.get(&format!("/token?password={}", secrets.add("a query", "in-the-query"))).await;
    for path in ["introspect", "revoke"] {
        let post = auth.http.post(format!("{}/{path}", auth.url));
        let post = post.basic_auth("other", Some(&secret)).form(&[("token", &tokens.access)]);
        Answer::to(post).await;
    }
}

/// The code flow, with a verifier, a replay and a code that nobody has.
async fn codes(auth: &AuthServer, secrets: &mut Secrets) -> Tokens {
    let code = secrets.add("a code", spa::code(auth, "me").await);
    secrets.add("a verifier", spa::VERIFIER);
    let exchange = |code: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "spa"),
            ("code", code),
            ("code_verifier", spa::VERIFIER),
        ];
        Answer::to(auth.post().form(&form))
    };
    let tokens = secrets.add_tokens(&exchange(&code).await);
    exchange(&secrets.add("a code of nobody", "nobodys-code")).await;
    exchange(&code).await;
    tokens
}

/// A browser: its cookies, its forms' tokens, and a change of password.
async fn pages(auth: &AuthServer, secrets: &mut Secrets) {
    let http = Client::builder().redirect(Policy::none()).build().expect("nothing special");
    let url = |path: &str| format!("{}{path}", auth.url);
    let anonymous = Answer::to(http.get(url("/login"))).await;
    let cookie = secrets.add("a cookie", cookie(&anonymous));
    let csrf = secrets.add("a form's token", csrf(&anonymous));
    let login = [("csrf", csrf.as_str()), ("username", "johndoe"), ("password", "secret")];
    let post = http.post(url("/login")).header(header::COOKIE, format!("scopegate={cookie}"));
    let signed_in = Answer::to(post.form(&login)).await;
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    let session = secrets.add("a session's cookie", self::cookie(&signed_in));
    let with = format!("scopegate={session}");
    let account = Answer::to(http.get(url("/account")).header(header::COOKIE, &with)).await;
    let csrf = secrets.add("another form's token", self::csrf(&account));
    let new = secrets.add("a new password", NEW_PASSWORD);
    let change = [("csrf", csrf.as_str()), ("current", "secret"), ("new", &new)];
    let post = http.post(url("/account/password")).header(header::COOKIE, &with);
    let changed = Answer::to(post.form(&change)).await;
    assert_eq!(changed.header("location"), "/account?done=password", "{changed:?}");
    secrets.add("the next cookie", self::cookie(&changed));
}

/// The value of the session cookie that the answer sets.
fn cookie(answer: &Answer) -> String {
    let mut lines = answer.headers.get_all(header::SET_COOKIE).iter();
    let value = lines.find_map(|line| line.to_str().ok()?.strip_prefix("scopegate="));
    value.and_then(|value| value.split(';').next()).expect("a cookie").to_owned()
}

fn csrf(answer: &Answer) -> String {
    let (_, rest) = answer.body.split_once("name=\"csrf\" value=\"").expect("a form");
    rest.split('"').next().expect("a value").to_owned()
}

#[tokio::test]
async fn a_crash_leaves_no_file_with_the_memory_of_a_program() {
    let stack = Stack::start().await;
    for process in [&stack.auth.process, &stack.resource.process] {
        let limits = process.system_says("limits");
        let core = limits.lines().find(|line| line.starts_with("Max core file size"));
        let fields: Vec<_> = core.expect("a line").split_whitespace().collect();
        assert_eq!(fields[4..6], ["0", "0"], "IJ06: {fields:?}");
    }
}

#[tokio::test]
async fn a_line_is_a_json_object_that_names_its_request() {
    let mut stack = Stack::with(|settings| {
        settings.set("log-format", "json");
    })
    .await;
    let answer = stack.auth.password("johndoe", "wrong", "me").await;
    let id = answer.header("x-request-id").to_owned();
    stack.auth.process.stop().await;
    let log = stack.auth.process.log();
    assert!(log.lines().count() > 3, "{log}");
    let mut of_request = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("an object a line");
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
        if line["span"]["name"] == "request" && line["span"]["id"] == id.as_str() {
            of_request.push(line["message"].clone());
        }
    }
    assert_eq!(of_request, ["refused"], "{log}");
}

#[tokio::test]
async fn a_line_of_text_names_its_request() {
    let mut stack = Stack::start().await;
    let answer = stack.auth.password("johndoe", "wrong", "me").await;
    let id = answer.header("x-request-id").to_owned();
    stack.auth.process.stop().await;
    let log = stack.auth.process.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("refused")).collect();
    assert!(lines.len() == 1 && lines[0].contains(&id), "{log}");
}
