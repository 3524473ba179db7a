//! What one connection says, over and over, and what must come back.

use serde::Deserialize;

use crate::{connection::Answer, failure::Failure, shape::Shape};

/// What a connection sends next, and what it has to get.
pub(crate) struct Script {
    shape: Shape,
    host: String,
    /// What is sent in turn; a chain has one, which changes.
    requests: Vec<Vec<u8>>,
    next: usize,
    expected: Expected,
}

enum Expected {
    /// This status, and a body that holds this text.
    Text { status: u16, holds: &'static str },
    /// An access token that is another one than before.
    Token { last: String },
    /// The same, and a refresh token to go on with, also another one.
    Chain { last: String, refresh: String },
}

/// A token answer (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
}

impl Script {
    /// The same request always, answered with this status and text.
    pub(crate) fn text(
        shape: Shape,
        host: &str,
        token: &str,
        status: u16,
        holds: &'static str,
    ) -> Self {
        Self::new(shape, host, token, Expected::Text { status, holds })
    }

    /// The same token request always, answered with another token each time.
    pub(crate) fn token(shape: Shape, host: &str) -> Self {
        Self::new(shape, host, "", Expected::Token { last: String::new() })
    }

    /// The same with each of these tokens in turn, from the one with that number on.
    pub(crate) fn in_turn(mut self, tokens: &[String], from: usize) -> Self {
        self.requests = tokens.iter().map(|token| self.shape.request(&self.host, token)).collect();
        self.next = from % self.requests.len().max(1);
        self
    }

    /// A refresh, then one with the token that it gave, and so on.
    pub(crate) fn chain(shape: Shape, host: &str, refresh: &str) -> Self {
        let expected = Expected::Chain { last: String::new(), refresh: refresh.to_owned() };
        Self::new(shape, host, refresh, expected)
    }

    fn new(shape: Shape, host: &str, token: &str, expected: Expected) -> Self {
        let requests = vec![shape.request(host, token)];
        Self { shape, host: host.to_owned(), requests, next: 0, expected }
    }

    /// What to send.
    pub(crate) fn request(&self) -> &[u8] {
        &self.requests[self.next]
    }

    /// Judges what came back, and gets ready for the next request.
    pub(crate) fn check(&mut self, answer: &Answer) -> Result<(), Failure> {
        match &mut self.expected {
            Expected::Text { status, holds } => judge(answer, *status, holds),
            Expected::Token { last } => tokens(answer, last).map(drop),
            Expected::Chain { last, refresh } => {
                let next = tokens(answer, last)?.refresh_token.unwrap_or_default();
                if next.is_empty() || next == *refresh {
                    return Err(wrong(answer));
                }
                *refresh = next;
                self.requests = vec![self.shape.request(&self.host, refresh)];
                Ok(())
            }
        }?;
        self.next = (self.next + 1) % self.requests.len();
        Ok(())
    }
}

/// The access token and the refresh token of an answer; the latter is empty where there is none.
pub(crate) fn issued(answer: &Answer) -> Result<(String, String), Failure> {
    let tokens = tokens(answer, &mut String::new())?;
    Ok((tokens.access_token, tokens.refresh_token.unwrap_or_default()))
}

fn judge(answer: &Answer, status: u16, holds: &str) -> Result<(), Failure> {
    let body = &answer.body;
    let holds = holds.is_empty() || body.windows(holds.len()).any(|part| part == holds.as_bytes());
    if answer.status == status && holds { Ok(()) } else { Err(wrong(answer)) }
}

fn tokens(answer: &Answer, last: &mut String) -> Result<Tokens, Failure> {
    let tokens: Option<Tokens> = serde_json::from_slice(&answer.body).ok();
    let tokens = tokens.filter(|tokens| {
        answer.status == 200
            && !tokens.access_token.is_empty()
            && tokens.access_token != *last
            && tokens.token_type.eq_ignore_ascii_case("bearer")
    });
    let tokens = tokens.ok_or_else(|| wrong(answer))?;
    last.clone_from(&tokens.access_token);
    Ok(tokens)
}

fn wrong(answer: &Answer) -> Failure {
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    Failure(format!("a wrong answer: {} {}", answer.status, body.replace('\n', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn an_answer_with_another_status_or_without_its_text_is_wrong() {
        let mut script = Script::text(Shape::get_with_token("/"), "h", "", 200, "johndoe");
        assert!(script.check(&answer(200, "{\"username\":\"johndoe\"}")).is_ok());
        assert!(script.check(&answer(200, "{}")).is_err());
        assert!(script.check(&answer(500, "johndoe")).is_err());
    }

    #[test]
    fn a_token_that_comes_twice_is_wrong() {
        let mut script = Script::token(Shape::post("/token", ""), "h");
        let first = answer(200, r#"{"access_token":"a","token_type":"bearer"}"#);
        assert!(script.check(&first).is_ok());
        assert!(script.check(&first).is_err());
    }

    #[test]
    fn tokens_in_turn_begin_anew_after_the_last_one() {
        let shape = Shape::get_with_token("/");
        let tokens = ["one".to_owned(), "two".to_owned()];
        let mut script = Script::text(shape, "h", "", 200, "").in_turn(&tokens, 1);
        for expected in ["Bearer two", "Bearer one", "Bearer two"] {
            let sent = String::from_utf8_lossy(script.request()).into_owned();
            assert!(sent.contains(expected), "{sent}");
            script.check(&answer(200, "")).expect("nothing more is asked for");
        }
    }

    #[test]
    fn a_chain_goes_on_with_the_token_that_it_got() {
        let shape = Shape::post("/token", "refresh_token={token}");
        let mut script = Script::chain(shape, "h", "one");
        let next = r#"{"access_token":"a","token_type":"Bearer","refresh_token":"two"}"#;
        script.check(&answer(200, next)).expect("it is another token");
        assert!(script.request().ends_with(b"refresh_token=two"));
        let same = next.replace(":\"a\"", ":\"b\"");
        assert!(script.check(&answer(200, &same)).is_err(), "the same refresh token again");
    }
}
