//! Stories that need a program of the machine's: skipped without it, unless it is required.

use std::io::Write;

/// Says that a story is skipped, or fails where `SCOPEGATE_TEST_REQUIRE=1` demands every one.
pub(crate) fn skip(story: &str, missing: &str) {
    let required = std::env::var_os("SCOPEGATE_TEST_REQUIRE").is_some_and(|value| value == "1");
    assert!(!required, "{story} needs {missing}");
    say(&format!("skipped: {story} needs {missing}"));
}

/// Says it even though the story succeeds.
pub(crate) fn say(line: &str) {
    // Not eprintln!: the test runner would keep that to itself.
    let _ = writeln!(std::io::stderr(), "{line}");
}
