//! What may be wrong with a server: looks at it from outside and from inside, and says what mends it.
//!
//! | module | what it holds |
//! |---|---|
//! | `facts` | what is gathered first, so that no check waits for anything |
//! | `visit` | one question to the issuer |
//! | `outside` | issuer, proxy, cookies, clock |
//! | `files` | keys, permissions |
//! | `inside` | database, clients, users, scopes |

mod facts;
mod files;
mod inside;
mod leftovers;
mod outside;
mod visit;

use serde::Serialize;

use self::facts::Facts;
use crate::config::Config;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something does not work, or is not safe.
    Problem,
    /// It works, and could be better.
    Advice,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is and what mends it, in words.
    pub text: String,
}

/// What one check found.
#[derive(Debug, Default)]
struct Findings(Vec<(Level, String)>);

/// What was looked at and what was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The checks that were made.
    pub checks: Vec<&'static str>,
    /// What they found; empty where all is well.
    pub findings: Vec<Finding>,
}

type Check = fn(&Facts<'_>, &mut Findings);

const CHECKS: [(&str, Check); 12] = [
    ("settings", outside::settings),
    ("issuer", outside::issuer),
    ("proxy", outside::proxy),
    ("cookies", outside::cookies),
    ("clock", outside::clock),
    ("keys", files::keys),
    ("permissions", files::permissions),
    ("leftovers", leftovers::leftovers),
    ("database", inside::database),
    ("clients", inside::clients),
    ("users", inside::users),
    ("scopes", inside::scopes),
];

/// Makes every check. Nothing is changed, made or migrated.
pub async fn examine(config: &Config) -> Report {
    let facts = Facts::gather(config).await;
    let mut findings = Vec::new();
    for (check, examine) in CHECKS {
        let mut found = Findings::default();
        examine(&facts, &mut found);
        let named = |(level, text)| Finding { check, level, text };
        findings.extend(found.0.into_iter().map(named));
    }
    Report { checks: CHECKS.iter().map(|(check, _)| *check).collect(), findings }
}

impl Report {
    /// The report where not even the settings can be read.
    pub fn unreadable(reason: &str) -> Self {
        let text = format!("the settings cannot be read: {reason}");
        let finding = Finding { check: "settings", level: Level::Problem, text };
        Self { checks: vec!["settings"], findings: vec![finding] }
    }

    /// How many of the findings are of that level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

impl Findings {
    fn problem(&mut self, text: impl Into<String>) {
        self.0.push((Level::Problem, text.into()));
    }

    fn advice(&mut self, text: impl Into<String>) {
        self.0.push((Level::Advice, text.into()));
    }
}

/// `1 user`, `2 users`.
fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
