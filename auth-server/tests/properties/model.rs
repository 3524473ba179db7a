//! What refresh tokens are, in a few lines: families of which one token lives (RFC 9700 §4.14).

use std::time::Duration;

use scopegate_core::clock::Timestamp;

/// The defaults of the settings.
const GRACE: Duration = Duration::from_secs(30);
const UNUSED: Duration = Duration::from_hours(30 * 24);
const MAX_AGE: Duration = Duration::from_hours(90 * 24);

/// One login, and every refresh token that it ever had, the newest last.
#[derive(Debug)]
pub struct Family {
    born: Timestamp,
    is_revoked: bool,
    tokens: Vec<Token>,
}

#[derive(Debug)]
struct Token {
    text: String,
    issued: Timestamp,
    used: Option<Timestamp>,
}

/// What a refresh is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A token that nobody has seen.
    New,
    /// The newest one once more.
    Same,
    /// `invalid_grant`.
    Refused,
}

impl Family {
    pub fn new(token: String, now: Timestamp) -> Self {
        let first = Token { text: token, issued: now, used: None };
        Self { born: now, is_revoked: false, tokens: vec![first] }
    }

    /// The token that is so many generations old; the oldest where there are not as many.
    pub fn token(&self, age: usize) -> &str {
        &self.tokens[self.place(age)].text
    }

    pub fn newest(&self) -> &str {
        self.token(0)
    }

    pub const fn revoke(&mut self) {
        self.is_revoked = true;
    }

    /// Whether its newest token can be used.
    pub fn lives(&self, now: Timestamp) -> bool {
        let newest = &self.tokens[self.place(0)];
        self.stands(now) && now < newest.issued.plus(UNUSED)
    }

    /// What the use of a token comes to. A reuse revokes the family.
    pub fn uses(&mut self, age: usize, now: Timestamp) -> Expected {
        let place = self.place(age);
        let successor_is_unused = place + 2 == self.tokens.len();
        if !self.stands(now) {
            return Expected::Refused;
        }
        match self.tokens[place].used {
            None if self.lives(now) => {
                self.tokens[place].used = Some(now);
                Expected::New
            }
            None => Expected::Refused,
            Some(used) if successor_is_unused && now <= used.plus(GRACE) => Expected::Same,
            Some(_) => {
                self.revoke();
                Expected::Refused
            }
        }
    }

    /// The successor that was given out.
    pub fn succeeds(&mut self, token: String, now: Timestamp) {
        self.tokens.push(Token { text: token, issued: now, used: None });
    }

    fn stands(&self, now: Timestamp) -> bool {
        !self.is_revoked && now < self.born.plus(MAX_AGE)
    }

    fn place(&self, age: usize) -> usize {
        self.tokens.len().saturating_sub(age + 1)
    }
}
