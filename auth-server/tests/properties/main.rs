//! Properties of the real router over a store of its own: whatever happens in whatever order, it does
//! what a model of a few lines does.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "../in_process/mod.rs"]
#[expect(dead_code, reason = "the stories about time use more of it")]
mod in_process;
mod model;
mod refresh;
