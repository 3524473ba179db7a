//! The scenarios, in the order of the report.

use std::time::Duration;

use clap::ValueEnum;

/// What is done to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// One login at a time.
    #[value(name = "password-1")]
    Password1,
    /// Four logins at once.
    #[value(name = "password-4")]
    Password4,
    /// 32 logins at once.
    #[value(name = "password-32")]
    Password32,
    /// Client credentials.
    Client,
    /// Chains of refreshes, one for each connection.
    Refresh,
    /// Reads with a good token.
    Read,
    /// Reads with a bad token.
    BadToken,
    /// Reads while 32 connections log in.
    Flood,
    /// Starting, and the memory that it takes to do nothing.
    Start,
}

/// Connections that log in during [`Scenario::Flood`].
pub(crate) const FLOOD: usize = 32;

/// How long a reader rests between two reads during [`Scenario::Flood`].
pub(crate) const BREATH: Duration = Duration::from_millis(10);

impl Scenario {
    /// Its headline.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Password1 => "Password grant, 1 connection",
            Self::Password4 => "Password grant, 4 connections",
            Self::Password32 => "Password grant, 32 connections",
            Self::Client => "Client credentials, 16 connections",
            Self::Refresh => "Refresh, 16 connections with a chain each",
            Self::Read => "`GET /users/me/`, good token, 32 connections",
            Self::BadToken => "`GET /users/me/`, bad token, 32 connections",
            Self::Flood => "`GET /users/me/` while 32 connections log in",
            Self::Start => "Start, and memory before the first request",
        }
    }

    /// How many connections count.
    pub(crate) const fn connections(self) -> usize {
        match self {
            Self::Password1 => 1,
            Self::Password4 | Self::Flood => 4,
            Self::Password32 | Self::Read | Self::BadToken => 32,
            Self::Client | Self::Refresh => 16,
            Self::Start => 0,
        }
    }

    /// Whether the server gets one core and the load another; otherwise both use both.
    pub(crate) const fn splits_cores(self) -> bool {
        matches!(self, Self::Client | Self::Refresh | Self::Read | Self::BadToken)
    }

    /// How much longer a round takes than others: where an answer takes seconds, there are few.
    pub(crate) const fn factor(self) -> u32 {
        if matches!(self, Self::Password32) { 2 } else { 1 }
    }
}
