//! The numbers: how many failures are free, and how long the next attempt waits after more.

use std::time::Duration;

use scopegate_store::guesses::Rule;

const QUARTER: Duration = Duration::from_mins(15);

/// One name tried from one address. A day of guessing is 5 guesses and one in each quarter of an
/// hour; a day of nothing else than typing errors is over in seconds.
pub(super) const AT_ONE_NET: Rule =
    Rule { free: 5, first: Duration::from_secs(1), most: QUARTER, forgets: QUARTER };

/// One name tried from everywhere. Twice the room: one address alone cannot fill it for long. Many
/// can, and their waits are also the owner's, so those are short: a day of guessing is 1,454 guesses.
pub(super) const EVERYWHERE: Rule = Rule { free: 10, most: Duration::from_mins(1), ..AT_ONE_NET };

/// A browser in which the user has signed in before, or is signed in.
pub(super) const BROWSER: Rule = AT_ONE_NET;

/// Any name tried from one address, which many people may share: 100 failures at once, and 100 an
/// hour.
pub(super) const NET: Rule = {
    let pace = Duration::from_secs(36);
    Rule { free: 100, first: pace, most: pace, forgets: pace }
};

/// The same for the /48 of an IPv6 address, which one holder may have whole and so 65,536 nets of, or
/// share with others: four times as much.
pub(super) const SITE: Rule = {
    let pace = Duration::from_secs(9);
    Rule { free: 400, first: pace, most: pace, forgets: pace }
};

/// Whether this counts a place and not a name: a success there is given back, and nothing else
/// forgotten.
pub(super) fn is_of_place(rule: Rule) -> bool {
    rule == NET || rule == SITE
}

/// What somebody proves themselves by. An address has a budget of failures for each, so that an app
/// that repeats a dead token keeps nobody there from signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A user's password.
    Password,
    /// A client's secret, or an id alone.
    Client,
    /// An authorization code or a refresh token.
    Token,
}

impl Proof {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Client => "client",
            Self::Token => "token",
        }
    }
}
