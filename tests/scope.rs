//! Story to come.
