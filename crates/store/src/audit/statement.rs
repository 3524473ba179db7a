//! The statement that writes entries, for as many of them as a power of two says.

use std::sync::LazyLock;

/// Members of an entry.
const COLUMNS: usize = 11;

/// The largest power of two that there is a statement for.
pub(super) const LARGEST: u32 = 5;

static RECORD: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..=LARGEST).map(|power| write(1 << power)).collect());

/// The one for `2^power` entries.
pub(super) fn record(power: u32) -> &'static str {
    &RECORD[power as usize]
}

/// An event that is there twice is one whose first write was answered by a lost connection.
fn write(entries: usize) -> String {
    let rows: Vec<_> = (0..entries).map(row).collect();
    format!(
        "INSERT INTO audit (id, at, event, outcome, reason, actor, subject, client_id, address, \
            request_id, detail) \
        VALUES {} ON CONFLICT (id) DO NOTHING",
        rows.join(", ")
    )
}

fn row(index: usize) -> String {
    let places: Vec<_> =
        (1..=COLUMNS).map(|place| format!("${}", index * COLUMNS + place)).collect();
    format!("({})", places.join(", "))
}
