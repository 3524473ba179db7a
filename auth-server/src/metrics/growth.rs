//! How large the tables are that grow, and whether cleaning keeps up.

use scopegate_core::clock::Timestamp;
use scopegate_service::metrics::{Counter, Family, FloatGauge, Gauge, Labels, Sheet, label, title};

/// Rows, and how cleaning keeps up.
pub struct GrowthMetrics {
    rows: Family<Labels, Gauge>,
    expired: Gauge,
    cleaned: Counter,
    cleaned_at: FloatGauge,
}

impl GrowthMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        Self {
            rows: sheet.gauges(title(
                "scopegate_table_rows",
                "Rows of a table that grows by being used, counted up to a million",
            )),
            expired: sheet.gauge(title(
                "scopegate_expired_rows",
                "Expired rows that waited to be cleaned away when they were last counted",
            )),
            cleaned: sheet.counter(title("scopegate_cleaned_rows", "Rows that were cleaned away")),
            cleaned_at: sheet.seconds(title(
                "scopegate_cleaning_completed_timestamp",
                "When cleaning last left nothing behind, in Unix time",
            )),
        }
    }

    /// What was counted: rows by table, and what is expired.
    pub fn counted(&self, rows: &[(&'static str, u64)], expired: u64) {
        for (table, rows) in rows {
            let gauge = self.rows.get_or_create_owned(&label("table", *table));
            gauge.set(i64::try_from(*rows).unwrap_or(i64::MAX));
        }
        self.expired.set(i64::try_from(expired).unwrap_or(i64::MAX));
    }

    /// So many rows were cleaned away.
    pub fn cleaned(&self, rows: u64) {
        self.cleaned.inc_by(rows);
    }

    /// Nothing expired was left.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of our times fit a float")]
    pub fn completed(&self, now: Timestamp) {
        self.cleaned_at.set(now.millis() as f64 / 1e3);
    }
}
