//! Metrics of a program as OpenMetrics text: what is counted, and the page that shows it.
//!
//! Counting is atomic additions and nothing else. Label sets are made when a program starts, or when
//! a route is first used, and hold nothing that a stranger chooses.

mod connections;
mod distribution;
mod endpoint;
mod http;
mod process;

pub use connections::{Connections, Dropped};
pub use distribution::Distribution;
pub use endpoint::{bind, serve};
pub use http::{HttpLayer, HttpMetrics};
pub use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};

use std::{borrow::Cow, fmt, sync::atomic::AtomicU64};

use prometheus_client::{
    encoding::{EncodeMetric, text},
    metrics::TypedMetric,
    registry::{Metric, Registry, Unit},
};

/// A gauge of seconds, or of anything else that is no whole number.
pub type FloatGauge = Gauge<f64, AtomicU64>;

/// The labels of one series: names, and values out of a small set.
pub type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// Everything that a program counts, by name.
pub struct Sheet(Registry);

/// A name without its unit, and one sentence without its full stop.
#[derive(Clone, Copy, Debug)]
pub struct Title {
    /// The name, as `scopegate_store_work`.
    pub name: &'static str,
    /// What it tells.
    pub help: &'static str,
}

/// A [`Title`] from its two parts.
pub const fn title(name: &'static str, help: &'static str) -> Title {
    Title { name, help }
}

/// The labels of a series that has one.
pub fn label(name: &'static str, value: impl Into<Cow<'static, str>>) -> Labels {
    vec![(name, value.into())]
}

impl Sheet {
    /// A sheet with what every program shows: its version, and what the system knows of the process.
    pub fn new(program: &'static str, version: &'static str) -> Self {
        let mut sheet = Self(Registry::default());
        let build = sheet.family::<Gauge>(
            title("scopegate_build_info", "Always 1; the labels say which program runs"),
            None,
        );
        let labels = vec![("program", program.into()), ("version", version.into())];
        build.get_or_create(&labels).set(1);
        sheet.0.register_collector(Box::new(process::Process));
        sheet
    }

    /// One counter.
    pub fn counter(&mut self, title: Title) -> Counter {
        self.one(title, None)
    }

    /// A counter for each of these label sets, all of them shown from the start.
    pub fn counters<const N: usize>(&mut self, title: Title, sets: [Labels; N]) -> [Counter; N] {
        let family = self.family::<Counter>(title, None);
        sets.map(|labels| family.get_or_create_owned(&labels))
    }

    /// One gauge of a whole number.
    pub fn gauge(&mut self, title: Title) -> Gauge {
        self.one(title, None)
    }

    /// One gauge of seconds.
    pub fn seconds(&mut self, title: Title) -> FloatGauge {
        self.one(title, Some(Unit::Seconds))
    }

    /// Gauges of a whole number whose labels are found while the program runs.
    pub fn gauges(&mut self, title: Title) -> Family<Labels, Gauge> {
        self.family(title, None)
    }

    /// Gauges of seconds whose labels are found while the program runs.
    pub fn gauges_of_seconds(&mut self, title: Title) -> Family<Labels, FloatGauge> {
        self.family(title, Some(Unit::Seconds))
    }

    /// A histogram of durations for each of these label sets.
    pub fn timers<const N: usize>(
        &mut self,
        title: Title,
        bounds: &'static [u64],
        sets: [Labels; N],
    ) -> [Distribution; N] {
        let family = Family::new_with_constructor(move || Distribution::of_nanoseconds(bounds));
        self.register(title, Some(Unit::Seconds), family.clone());
        sets.map(|labels| family.get_or_create_owned(&labels))
    }

    /// A histogram.
    pub fn distribution(&mut self, title: Title, distribution: &Distribution) {
        let unit = distribution.is_of_time().then_some(Unit::Seconds);
        self.register(title, unit, distribution.clone());
    }

    /// All of it as OpenMetrics text.
    pub fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.0)?;
        Ok(page)
    }

    fn one<M: Metric + Clone + Default>(&mut self, title: Title, unit: Option<Unit>) -> M {
        let metric = M::default();
        self.register(title, unit, metric.clone());
        metric
    }

    fn family<M>(&mut self, title: Title, unit: Option<Unit>) -> Family<Labels, M>
    where
        M: EncodeMetric + TypedMetric + Default + fmt::Debug + Send + Sync + 'static,
    {
        let family = Family::<Labels, M>::default();
        self.register(title, unit, family.clone());
        family
    }

    fn register(&mut self, Title { name, help }: Title, unit: Option<Unit>, metric: impl Metric) {
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, metric),
            None => self.0.register(name, help, metric),
        }
    }
}
