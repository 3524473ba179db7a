//! Logins and token requests by their outcome, and what was tried with spent tokens and codes.

use scopegate_service::metrics::{Counter, Labels, Sheet, label, title};

/// Where a name and a password came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The login page.
    Page,
    /// The password grant.
    PasswordGrant,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Name and password belong together.
    Granted,
    /// They do not, or the user is disabled.
    Wrong,
    /// Too many attempts before it had failed.
    Limited,
    /// Too many hashes were waiting.
    QueueFull,
    /// A failure of ours.
    Fault,
    /// The client hung up first.
    Aborted,
}

/// How a token request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    /// With a token.
    Issued,
    /// With this `error` (RFC 6749 §5.2).
    Refused(&'static str),
    /// Too many attempts before it had failed.
    Limited,
    /// Too many hashes were waiting.
    QueueFull,
    /// A failure of ours.
    Fault,
    /// The client hung up first.
    Aborted,
}

const VIA: [&str; 2] = ["page", "password_grant"];

const LOGIN_OUTCOMES: [&str; 6] = ["granted", "wrong", "limited", "queue_full", "fault", "aborted"];

/// A grant type, or none of ours.
const GRANTS: [&str; 5] =
    ["authorization_code", "client_credentials", "password", "refresh_token", "none"];

const TOKEN_OUTCOMES: [&str; 11] = [
    "issued",
    "limited",
    "queue_full",
    "fault",
    "aborted",
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Logins, tokens, and what was tried with spent ones.
pub struct RequestMetrics {
    logins: [Counter; VIA.len() * LOGIN_OUTCOMES.len()],
    tokens: [Counter; GRANTS.len() * TOKEN_OUTCOMES.len()],
    /// Spent refresh tokens that came again, so that their family was revoked.
    pub refresh_reuse: Counter,
    /// Used codes that came again, so that what they gave was revoked.
    pub code_replays: Counter,
}

/// A login that is under way. Dropped before its end, it counts as aborted.
pub struct LoginBegun<'a> {
    metrics: &'a RequestMetrics,
    via: Via,
    outcome: LoginOutcome,
}

/// A token request that is under way. Dropped before its end, it counts as aborted.
pub struct TokenBegun<'a> {
    metrics: &'a RequestMetrics,
    grant: Option<&'static str>,
    outcome: TokenOutcome,
}

/// Attempts that were not heard because too many before them had failed.
#[derive(Clone, Debug, Default)]
pub struct GuessMetrics([Counter; 3]);

const PROOFS: [&str; 3] = ["password", "client", "token"];

impl RequestMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        Self {
            logins: sheet.counters(
                title("scopegate_logins", "Names with a password, and what became of them"),
                pairs("via", &VIA, &LOGIN_OUTCOMES),
            ),
            tokens: sheet.counters(
                title("scopegate_token_requests", "Requests to the token endpoint"),
                pairs("grant", &GRANTS, &TOKEN_OUTCOMES),
            ),
            refresh_reuse: sheet.counter(title(
                "scopegate_refresh_reuse",
                "Spent refresh tokens that came again, so that their family was revoked",
            )),
            code_replays: sheet.counter(title(
                "scopegate_code_replays",
                "Used authorization codes that came again, so that what they gave was revoked",
            )),
        }
    }

    /// Begins to count a login.
    pub fn login(&self, via: Via) -> LoginBegun<'_> {
        LoginBegun { metrics: self, via, outcome: LoginOutcome::Aborted }
    }

    /// Begins to count a token request; `grant` is its type, where it has one of ours.
    pub fn token(&self, grant: Option<&'static str>) -> TokenBegun<'_> {
        TokenBegun { metrics: self, grant, outcome: TokenOutcome::Aborted }
    }

    fn count_login(&self, via: Via, outcome: LoginOutcome) {
        self.logins[via as usize * LOGIN_OUTCOMES.len() + outcome as usize].inc();
    }

    fn count_token(&self, grant: Option<&str>, outcome: TokenOutcome) {
        let outcome = match outcome {
            TokenOutcome::Issued => "issued",
            TokenOutcome::Refused(code) => code,
            TokenOutcome::Limited => "limited",
            TokenOutcome::QueueFull => "queue_full",
            TokenOutcome::Fault => "fault",
            TokenOutcome::Aborted => "aborted",
        };
        let row = grant.map_or(GRANTS.len() - 1, |grant| place(&GRANTS, grant));
        self.tokens[row * TOKEN_OUTCOMES.len() + place(&TOKEN_OUTCOMES, outcome)].inc();
    }
}

impl LoginBegun<'_> {
    /// The login has ended so.
    pub fn ended(mut self, outcome: LoginOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for LoginBegun<'_> {
    fn drop(&mut self) {
        self.metrics.count_login(self.via, self.outcome);
    }
}

impl TokenBegun<'_> {
    /// The request has ended so.
    pub fn ended(mut self, outcome: TokenOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for TokenBegun<'_> {
    fn drop(&mut self) {
        self.metrics.count_token(self.grant, self.outcome);
    }
}

impl GuessMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        Self(sheet.counters(
            title(
                "scopegate_guesses_limited",
                "Attempts that were not heard because too many before them had failed",
            ),
            PROOFS.map(|proof| label("proof", proof)),
        ))
    }

    /// Counts an attempt to prove something by a `password`, a `client`'s secret or a `token`.
    pub fn limited(&self, proof: &str) {
        self.0[place(&PROOFS, proof)].inc();
    }
}

/// Every pair, row by row.
fn pairs<const N: usize>(
    name: &'static str,
    rows: &[&'static str],
    outcomes: &[&'static str],
) -> [Labels; N] {
    std::array::from_fn(|at| {
        let (row, outcome) = (rows[at / outcomes.len()], outcomes[at % outcomes.len()]);
        vec![(name, row.into()), ("outcome", outcome.into())]
    })
}

/// Where the word stands; the last place for one that is not there.
fn place(words: &[&str], word: &str) -> usize {
    words.iter().position(|known| *known == word).unwrap_or(words.len() - 1)
}
