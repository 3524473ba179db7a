//! Durations as people write them: a whole number and one unit.

use std::time::Duration;

/// The longest duration that a setting may ask for: a hundred years, so that no sum of times
/// overflows.
pub const MAX: Duration = Duration::from_hours(36_500 * 24);

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is not a number and a unit.
    #[error("not a duration; write it like 30s, 30m, 12h or 30d")]
    Form,
    /// It is zero.
    #[error("too short; 1s is the least")]
    Short,
    /// It is more than [`MAX`].
    #[error("too long; 36500d is the most")]
    Long,
}

/// Parses `30s`, `30m`, `12h` or `30d`, from one second on.
///
/// ```
/// use scopegate_settings::duration;
///
/// assert_eq!(duration::parse("30m")?.as_secs(), 1800);
/// # Ok::<(), duration::DurationError>(())
/// ```
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let (last, _) = text.char_indices().next_back().ok_or(DurationError::Form)?;
    let (number, unit) = text.split_at(last);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(DurationError::Form),
    };
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DurationError::Form);
    }
    // Only digits are left, so a failure is an overflow.
    let number: u64 = number.parse().map_err(|_| DurationError::Long)?;
    let duration = number.checked_mul(unit).map(Duration::from_secs).ok_or(DurationError::Long)?;
    match duration {
        Duration::ZERO => Err(DurationError::Short),
        long if long > MAX => Err(DurationError::Long),
        fine => Ok(fine),
    }
}

/// The duration in the largest unit that divides it: `30m`, not `1800s`. Parts of a second are
/// dropped.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (by, unit) = [(86_400, 'd'), (3600, 'h'), (60, 'm')]
        .into_iter()
        .find(|(by, _)| seconds > 0 && seconds.is_multiple_of(*by))
        .unwrap_or((1, 's'));
    format!("{}{unit}", seconds / by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        use DurationError::{Form, Long, Short};
        for (text, expected) in [
            ("1s", Ok(1)),
            ("30s", Ok(30)),
            ("30m", Ok(1800)),
            ("12h", Ok(43_200)),
            ("30d", Ok(2_592_000)),
            ("007s", Ok(7)),
            ("36500d", Ok(3_153_600_000)),
            ("", Err(Form)),
            ("s", Err(Form)),
            ("30", Err(Form)),
            ("30x", Err(Form)),
            ("30 m", Err(Form)),
            (" 30m", Err(Form)),
            ("30m ", Err(Form)),
            ("30M", Err(Form)),
            ("+30m", Err(Form)),
            ("-30m", Err(Form)),
            ("1.5h", Err(Form)),
            ("1h30m", Err(Form)),
            ("30ms", Err(Form)),
            ("30µ", Err(Form)),
            ("٣s", Err(Form)),
            ("0s", Err(Short)),
            ("0d", Err(Short)),
            ("36501d", Err(Long)),
            ("99999999999999999999s", Err(Long)),
            ("18446744073709551615d", Err(Long)),
        ] {
            assert_eq!(parse(text).map(|found| found.as_secs()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_shown_duration_parses_back() {
        for text in ["1s", "90s", "30m", "12h", "30d", "36500d"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
        assert_eq!(show(Duration::ZERO), "0s");
    }
}
