//! What was measured, as the lines of a report.

use serde::Serialize;

use crate::{
    sample::{Sample, median},
    scenario::Scenario,
};

/// One contestant in one scenario.
#[derive(Serialize)]
pub(crate) struct Line {
    /// What the command line calls it.
    pub(crate) key: &'static str,
    /// What the table calls it.
    pub(crate) name: String,
    /// Its rounds.
    pub(crate) rounds: Vec<Sample>,
    /// The most memory that it had, in KiB.
    pub(crate) peak_kib: u64,
    /// Why there is nothing to tell.
    pub(crate) failure: Option<String>,
}

/// A program's starts.
#[derive(Serialize)]
pub(crate) struct Started {
    /// What the command line calls its peer.
    pub(crate) key: &'static str,
    /// What the table calls it.
    pub(crate) name: String,
    /// From each start to the first good answer.
    pub(crate) milliseconds: Vec<f64>,
    /// Its memory a moment after, in KiB.
    pub(crate) idle_kib: u64,
}

/// A scenario with its lines.
#[derive(Serialize)]
pub(crate) struct Part {
    /// Its headline.
    pub(crate) title: &'static str,
    #[serde(skip)]
    pub(crate) scenario: Scenario,
    pub(crate) lines: Vec<Line>,
    pub(crate) starts: Vec<Started>,
}

impl Line {
    /// Median of the rounds' answers per second.
    pub(crate) fn rate(&self) -> f64 {
        median(self.rounds.iter().map(Sample::rate))
    }

    /// Median of the rounds' p50, in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.p50_ms))
    }

    /// Median of the rounds' p99, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.p99_ms))
    }

    /// Median of the rounds' CPU milliseconds for a thousand answers.
    fn cpu(&self) -> f64 {
        median(self.rounds.iter().map(Sample::cpu_per_thousand))
    }

    fn markdown(&self, first: &Self) -> String {
        if let Some(failure) = &self.failure {
            return format!("| {} | {} | | | | | | | | |\n", self.name, failure.replace('|', "/"));
        }
        let rates = || self.rounds.iter().map(Sample::rate);
        let least = rates().fold(f64::INFINITY, f64::min);
        let most = rates().fold(0.0, f64::max);
        format!(
            "| {} | {} | {} – {} | {} | {} | {} | {} | {} | {} | {:.1} |\n",
            self.name,
            short(self.rate()),
            short(least),
            short(most),
            short(self.rate() / first.rate()),
            short(self.p50()),
            short(self.p99()),
            short(self.cpu()),
            short(self.cpu() / first.cpu()),
            short(median(self.rounds.iter().map(Sample::cores))),
            mebibytes(self.peak_kib),
        )
    }
}

impl Started {
    fn markdown(&self) -> String {
        let start = short(median(self.milliseconds.iter().copied()));
        format!("| {} | {start} | {:.1} |\n", self.name, mebibytes(self.idle_kib))
    }
}

impl Part {
    /// The part in Markdown. The first line is what the others are compared with.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        if self.scenario == Scenario::Start {
            text += "| | start ms | RSS idle MB |\n|---|---|---|\n";
            text.extend(self.starts.iter().map(Started::markdown));
            let failed = self.lines.iter().filter_map(|line| Some((line, line.failure.as_ref()?)));
            text.extend(failed.map(|(line, why)| format!("| {} | {why} | |\n", line.name)));
            return text + "\n";
        }
        text += "| | per second | min – max | ratio | p50 ms | p99 ms | CPU ms per 1,000 | CPU ratio | cores | RSS peak MB |\n\
                 |---|---|---|---|---|---|---|---|---|---|\n";
        let lines =
            self.lines.first().map(|first| self.lines.iter().map(|line| line.markdown(first)));
        text.extend(lines.into_iter().flatten());
        text + "\n"
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Three digits, which is all that a measurement is good for, and thousands apart.
fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value < 100.0 {
        let digits = if value < 1.0 { 2 } else { 1 };
        return format!("{value:.digits$}");
    }
    let whole = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_the_digits_that_it_is_good_for() {
        for (value, expected) in [
            (0.123, "0.12"),
            (9.87, "9.9"),
            (123.4, "123"),
            (1234.5, "1,234"),
            (1_234_567.0, "1,234,567"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
