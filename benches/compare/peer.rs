//! What an entry of the table of peers says.

use crate::{scenario::Scenario, shape::Shape};

/// A server to compare: this project, another one, or the least that a server can be.
pub(crate) struct Peer {
    /// What `--peers` calls it.
    pub(crate) key: &'static str,
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The packages whose versions the report names, each with the file below `benches/compare/peers/`
    /// that pins it.
    pub(crate) packages: &'static [(&'static str, &'static str)],
    /// Commands that make its data, each ended before the next one starts.
    pub(crate) prepare: &'static [Command],
    /// Its programs: token requests go to the first, reads to the last.
    pub(crate) programs: &'static [Program],
    /// What it takes part in.
    pub(crate) scenarios: &'static [Scenario],
    /// What it is asked.
    pub(crate) requests: Requests,
}

/// A command line. In its words and variables, `{port}` stands for the first program's port and
/// `{port2}` for the second's, `{data}` for a folder of its own, `{peers}` for what `--install` has
/// installed, `{here}` for `benches/compare/peers`, `{auth-server}`, `{resource-api}` and `{compare}`
/// for these programs.
pub(crate) struct Command {
    /// The program and its arguments.
    pub(crate) words: &'static [&'static str],
    /// Variables of its environment.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// The folder below `benches/compare/peers` that it runs in; empty for the data folder.
    pub(crate) folder: &'static str,
}

/// A program that keeps running.
pub(crate) struct Program {
    /// What it is called beside the peer's other programs.
    pub(crate) name: &'static str,
    /// How it is started.
    pub(crate) command: Command,
    /// A path and the status that shows that it does its work.
    pub(crate) good_answer: (&'static str, u16),
}

/// What each scenario asks; `None` where the peer cannot do it.
pub(crate) struct Requests {
    /// A password grant that gives a refresh token too, if the peer can.
    pub(crate) password: Option<Shape>,
    /// Client credentials.
    pub(crate) client: Option<Shape>,
    /// A refresh.
    pub(crate) refresh: Option<Shape>,
    /// A read with an access token.
    pub(crate) read: Option<Shape>,
    /// The status of a read with a bad token.
    pub(crate) refusal: u16,
}

impl Peer {
    /// The program that a scenario's CPU time and memory are counted of; all where both are loaded.
    pub(crate) fn loaded(&self, scenario: Scenario) -> std::ops::Range<usize> {
        let count = self.programs.len();
        match scenario {
            Scenario::Read | Scenario::BadToken => count - 1..count,
            Scenario::Flood | Scenario::Start => 0..count,
            _ => 0..1,
        }
    }
}
