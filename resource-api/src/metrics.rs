//! What resource-api counts of its work. docs/metrics.md tells what each metric is good for.
//!
//! Labels are out of small sets that are fixed here. Nothing that a request carries becomes one.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use scopegate_guard::{Outcome, Reason, SourceState};
use scopegate_service::metrics::{
    Connections, Counter, Family, FloatGauge, Gauge, HttpMetrics, Labels, Sheet, label, title,
};

/// Everything that is counted.
pub struct Metrics {
    /// Requests by route.
    pub http: HttpMetrics,
    /// Connections of the public listener.
    pub connections: Connections,
    /// What the guard found.
    pub outcomes: OutcomeMetrics,
    /// Look-ups of users and clients.
    pub lookups: LookupMetrics,
    state_age: FloatGauge,
    refused: [Gauge; 2],
    cached: Gauge,
    keys: Family<Labels, Gauge>,
    key_age: Family<Labels, FloatGauge>,
    key_failing: Family<Labels, Gauge>,
    sheet: Sheet,
    /// One page at a time: some values are set just before they are shown.
    page: Mutex<()>,
}

/// What is asked for when the page is written, and not counted before.
pub struct Present {
    /// How old the last known state of the database is.
    pub state_age: Duration,
    /// Tokens and grants that are refused until they have expired.
    pub refused: [usize; 2],
    /// Users and clients in memory.
    pub cached: usize,
    /// The sources of keys, each with its name as a label.
    pub keys: Vec<(&'static str, SourceState)>,
}

/// What the guard found. Clones share everything.
#[derive(Clone, Debug)]
pub struct OutcomeMetrics([Counter; OUTCOMES.len()]);

const OUTCOMES: [&str; 13] = [
    "admitted",
    "anonymous",
    "no_token",
    "invalid_request",
    "invalid_token",
    "not_active",
    "unknown_subject",
    "revoked",
    "missing_scope",
    "inactive",
    "no_keys",
    "unavailable",
    "other",
];

/// Look-ups of users and clients in memory, those that found something first.
#[derive(Clone, Debug, Default)]
pub struct LookupMetrics([Counter; 2]);

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut sheet = Sheet::new("resource-api", env!("CARGO_PKG_VERSION"));
        let refused = sheet.gauges(title(
            "scopegate_refused_ids",
            "Ids of tokens and grants that are refused until they have expired",
        ));
        Self {
            http: HttpMetrics::new(&mut sheet),
            connections: Connections::new(&mut sheet),
            outcomes: OutcomeMetrics(sheet.counters(
                title("scopegate_guard_outcomes", "Requests to guarded routes, by the verdict"),
                OUTCOMES.map(|outcome| label("outcome", outcome)),
            )),
            lookups: LookupMetrics(sheet.counters(
                title("scopegate_cache_lookups", "Look-ups of users and clients in memory"),
                ["hit", "miss"].map(|outcome| label("outcome", outcome)),
            )),
            state_age: sheet.seconds(title(
                "scopegate_state_age",
                "Since the database was last read, or since the start where it never was",
            )),
            refused: ["token", "grant"]
                .map(|kind| refused.get_or_create_owned(&label("kind", kind))),
            cached: sheet
                .gauge(title("scopegate_cache_entries", "Users and clients that are in memory")),
            keys: sheet.gauges(title("scopegate_keys", "Keys in force, by where they come from")),
            key_age: sheet.gauges_of_seconds(title(
                "scopegate_keys_age",
                "Since a source over the network last gave keys",
            )),
            key_failing: sheet.gauges(title(
                "scopegate_keys_failing",
                "1 where the source gave nothing when it was last asked",
            )),
            sheet,
            page: Mutex::default(),
        }
    }

    /// The page of all of them.
    pub fn page(&self, present: &Present) -> Result<String, fmt::Error> {
        let _alone = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        self.state_age.set(present.state_age.as_secs_f64());
        for (gauge, ids) in self.refused.iter().zip(present.refused) {
            gauge.set(whole(ids));
        }
        self.cached.set(whole(present.cached));
        for (source, state) in &present.keys {
            let labels = label("source", *source);
            self.keys.get_or_create(&labels).set(whole(state.keys.unwrap_or(0)));
            self.key_failing.get_or_create(&labels).set(i64::from(state.error.is_some()));
            if let Some(age) = state.age {
                self.key_age.get_or_create(&labels).set(age.as_secs_f64());
            }
        }
        self.sheet.page()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl OutcomeMetrics {
    /// Counts what the guard found.
    pub fn count(&self, outcome: &Outcome<'_>) {
        let name = match outcome {
            Outcome::Admitted(_) => "admitted",
            Outcome::Anonymous => "anonymous",
            Outcome::Refused(reason) => name_of(reason),
            _ => "other",
        };
        let at = OUTCOMES.iter().position(|known| *known == name).unwrap_or(OUTCOMES.len() - 1);
        self.0[at].inc();
    }
}

impl LookupMetrics {
    /// Counts a look-up.
    pub fn count(&self, is_hit: bool) {
        self.0[usize::from(!is_hit)].inc();
    }
}

const fn name_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::NoToken => "no_token",
        Reason::InvalidRequest => "invalid_request",
        Reason::Token(_) => "invalid_token",
        Reason::NotActive => "not_active",
        Reason::UnknownSubject => "unknown_subject",
        Reason::Revoked => "revoked",
        Reason::MissingScope => "missing_scope",
        Reason::Inactive => "inactive",
        Reason::NoKeys => "no_keys",
        Reason::Unavailable { .. } => "unavailable",
        _ => "other",
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
