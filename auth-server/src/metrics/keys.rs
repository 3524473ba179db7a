//! How old the key is that signs, and when the next one takes over.

use std::time::Duration;

use scopegate_service::metrics::{Family, FloatGauge, Labels, Sheet, title};

/// The key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyAge {
    /// Its algorithm.
    pub algorithm: &'static str,
    /// Its id.
    pub kid: String,
    /// How long ago it began to sign.
    pub age: Duration,
    /// How long until the next key does, where one is there.
    pub next_in: Option<Duration>,
}

pub(super) struct KeyMetrics {
    age: Family<Labels, FloatGauge>,
    next_in: Family<Labels, FloatGauge>,
}

impl KeyMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        Self {
            age: sheet.gauges_of_seconds(title(
                "scopegate_signing_key_age",
                "Since when the key signs that signs now",
            )),
            next_in: sheet.gauges_of_seconds(title(
                "scopegate_signing_key_next_in",
                "Until the next key signs, while one waits for its turn",
            )),
        }
    }

    /// Shows this key, and none that signed before it.
    pub(super) fn show(&self, key: Option<&SigningKeyAge>) {
        self.age.clear();
        self.next_in.clear();
        let Some(key) = key else { return };
        let algorithm = ("alg", key.algorithm.into());
        let labels = vec![algorithm.clone(), ("kid", key.kid.clone().into())];
        self.age.get_or_create(&labels).set(key.age.as_secs_f64());
        if let Some(next_in) = key.next_in {
            self.next_in.get_or_create(&vec![algorithm]).set(next_in.as_secs_f64());
        }
    }
}
