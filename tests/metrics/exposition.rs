//! Reads a page of metrics as strictly as OpenMetrics 1.0 asks for: what is malformed panics.

use std::collections::{BTreeMap, BTreeSet};

/// A page that was read.
pub(crate) struct Exposition {
    /// Families by name, each with its type.
    pub(crate) families: BTreeMap<String, String>,
    /// Samples by name and labels, as they stand on the page.
    samples: BTreeMap<String, f64>,
}

impl Exposition {
    /// Reads a page.
    #[track_caller]
    pub(crate) fn parse(page: &str) -> Self {
        let body = page.strip_suffix("# EOF\n").expect("it ends with # EOF");
        let mut read = Self { families: BTreeMap::new(), samples: BTreeMap::new() };
        let mut current = String::new();
        let mut helped = BTreeSet::new();
        for line in body.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, text) = help.split_once(' ').expect("a help text");
                assert!(helped.insert(name.to_owned()), "{name} comes twice");
                assert!(text.ends_with('.') && !text.contains(".."), "a sentence: {line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                assert!(["counter", "gauge", "histogram", "info"].contains(&kind), "{line}");
                assert!(is_name(name) && helped.contains(name), "{line}");
                assert!(!name.ends_with("_total"), "a suffix that the samples add: {line}");
                let is_new = read.families.insert(name.to_owned(), kind.to_owned()).is_none();
                assert!(is_new, "{name} comes twice");
                name.clone_into(&mut current);
            } else if let Some(unit) = line.strip_prefix("# UNIT ") {
                let (name, unit) = unit.split_once(' ').expect("a unit");
                assert!(name == current && name.ends_with(&format!("_{unit}")), "{line}");
            } else {
                read.sample(&current, line);
            }
        }
        read.check_histograms();
        read
    }

    /// The value of a series, as `name{label="value"}`; 0 where it is not there.
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.samples.get(series).copied().unwrap_or(0.0)
    }

    /// Every series with its value.
    pub(crate) fn series(&self) -> impl Iterator<Item = (&str, f64)> {
        self.samples.iter().map(|(series, value)| (series.as_str(), *value))
    }

    #[track_caller]
    fn sample(&mut self, family: &str, line: &str) {
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("labels end")),
            None => (series, ""),
        };
        let kind = self.families.get(family).expect("a type comes before its samples");
        let suffixes: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        let belongs = suffixes.iter().any(|suffix| name == format!("{family}{suffix}"));
        assert!(belongs && is_name(name), "{family} is a {kind}: {line}");
        if !labels.is_empty() {
            for label in labels.split("\",") {
                let (name, value) = label.split_once("=\"").expect("a label");
                assert!(is_name(name) && !value.trim_end_matches('"').contains('"'), "{line}");
            }
        }
        let value: f64 = value.replace("+Inf", "inf").parse().expect("a number");
        assert!(kind == "gauge" || value >= 0.0, "{line}");
        let is_new = self.samples.insert(series.to_owned(), value).is_none();
        assert!(is_new, "{series} comes twice");
    }

    /// Buckets hold what smaller ones hold, and the last one everything.
    #[track_caller]
    fn check_histograms(&self) {
        let mut buckets: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (series, value) in self.series() {
            let Some((before, rest)) = series.split_once("_bucket{le=\"") else { continue };
            let (bound, after) = rest.split_once('"').expect("a bound ends");
            let bound: f64 = bound.replace("+Inf", "inf").parse().expect("a bound is a number");
            let count = format!("{before}_count{{{}", after.trim_start_matches(','));
            let count = count.trim_end_matches("{}").to_owned();
            buckets.entry(count).or_default().push((bound, value));
        }
        for (count, mut buckets) in buckets {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{count}: {buckets:?}");
            let (last, all) = buckets.last().expect("there is one");
            assert!(last.is_infinite() && self.samples.get(&count) == Some(all), "{count}");
        }
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(allowed) && !name.starts_with(|c: char| c.is_ascii_digit())
}
