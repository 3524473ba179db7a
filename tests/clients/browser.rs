//! Plays a user's browser: follows redirects, signs in, decides, stops at the client's redirect URI.

use std::collections::BTreeMap;

use html5gum::{StartTag, Token, Tokenizer};
use reqwest::{Client, Response, Url, header, redirect::Policy};

/// What the user types into the forms and which button they press.
const TYPED: [(&str, &str); 2] = [("username", "johndoe"), ("password", "secret")];

type Fields = BTreeMap<String, String>;

/// Opens the authorization URL; the URL that the server sends the browser back to.
pub(crate) async fn answer(url: Url, redirect_uri: &str, decision: &str) -> Url {
    signed_in(url, redirect_uri, decision).await.0
}

/// The same, and the cookies that the browser has by then, as one header.
pub(crate) async fn signed_in(url: Url, redirect_uri: &str, decision: &str) -> (Url, String) {
    let mut typed = TYPED.to_vec();
    typed.push(("decision", decision));
    let http = Client::builder().redirect(Policy::none()).build().expect("nothing special");
    let mut cookies = Fields::new();
    let mut request = http.get(url);
    for _ in 0..10 {
        let page = request.header(header::COOKIE, line(&cookies)).send().await;
        let page = page.expect("the server answers");
        keep(&page, &mut cookies);
        let here = page.url().clone();
        if let Some(location) = page.headers().get(header::LOCATION) {
            let target = here.join(location.to_str().expect("a URL")).expect("a URL");
            if target.as_str().starts_with(redirect_uri) {
                return (target, line(&cookies));
            }
            request = http.get(target);
        } else {
            let (action, fields) = fill(&page.text().await.expect("a page"), &typed);
            request = http.post(here.join(&action).expect("a URL")).form(&fields);
        }
    }
    panic!("the server asks without end: {request:?}")
}

/// Opens the login page and signs in once, whatever comes of it; the status of the answer.
pub(crate) async fn sign_in_once(issuer: &str, username: &str, password: &str) -> u16 {
    let http = Client::builder().redirect(Policy::none()).build().expect("nothing special");
    let page = http.get(format!("{issuer}/login")).send().await.expect("the server answers");
    let mut cookies = Fields::new();
    keep(&page, &mut cookies);
    let here = page.url().clone();
    let typed = [("username", username), ("password", password)];
    let (action, fields) = fill(&page.text().await.expect("a page"), &typed);
    let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let form = http.post(here.join(&action).expect("a URL")).form(&fields);
    let answer = form.header(header::COOKIE, cookies.join("; ")).send().await;
    answer.expect("the server answers").status().as_u16()
}

fn line(cookies: &Fields) -> String {
    let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    cookies.join("; ")
}

fn keep(page: &Response, cookies: &mut Fields) {
    for line in page.headers().get_all(header::SET_COOKIE) {
        let line = line.to_str().expect("visible ASCII");
        let (name, rest) = line.split_once('=').expect("a cookie has a name");
        let value = rest.split(';').next().unwrap_or_default();
        cookies.insert(name.to_owned(), value.to_owned());
    }
}

/// The first form of the page that asks for something we would type or press, filled in.
fn fill(page: &str, typed: &[(&str, &str)]) -> (String, Fields) {
    let asks = |(_, fields): &(String, Fields)| {
        fields.contains_key("password") || fields.contains_key("decision")
    };
    let found = forms(page).into_iter().find(asks);
    let (action, mut fields) = found.unwrap_or_else(|| panic!("no form for us:\n{page}"));
    for (name, value) in typed {
        fields.entry((*name).to_owned()).and_modify(|held| (*value).clone_into(held));
    }
    (action, fields)
}

/// The forms of a page: where each goes, and the value of each field and button by its name.
fn forms(page: &str) -> Vec<(String, Fields)> {
    let mut forms: Vec<(String, Fields)> = Vec::new();
    let mut inside = false;
    for token in Tokenizer::new(page) {
        match token.expect("a text can be read") {
            Token::StartTag(tag) if *tag.name == b"form" => {
                inside = true;
                forms.push((attribute(&tag, "action"), Fields::new()));
            }
            Token::StartTag(tag) if *tag.name == b"input" || *tag.name == b"button" => {
                let name = attribute(&tag, "name");
                if let (true, false, Some((_, fields))) =
                    (inside, name.is_empty(), forms.last_mut())
                {
                    fields.insert(name, attribute(&tag, "value"));
                }
            }
            Token::EndTag(tag) if *tag.name == b"form" => inside = false,
            _ => {}
        }
    }
    forms
}

fn attribute(tag: &StartTag<()>, name: &str) -> String {
    let value = tag.attributes.get(name.as_bytes());
    value.map(|value| String::from_utf8_lossy(&value.value).into_owned()).unwrap_or_default()
}
