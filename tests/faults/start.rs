//! Storage that fails before a start: one line that says what, exit 1, and no panic.
