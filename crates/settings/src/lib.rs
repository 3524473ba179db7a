//! The settings of Scopegate's programs: where a value may come from, which source wins, and how
//! it is read into a type or refused in one line.
//!
//! A program declares its settings as a [`Program`] table. Everything else is
//! derived from it: the flags, the variables, the TOML keys and the page in the docs.
//!
//! | module | what it holds |
//! |---|---|
//! | [`setting`] | one [`Setting`] and the table of a program |
//! | [`shared`] | the settings that both programs have |
//! | [`names`] | which names belong to which program |
//! | [`flags`] | the command-line arguments of a table |
//! | [`environment`] | the `SCOPEGATE_` variables |
//! | [`file`](mod@file) | the TOML file that serves both programs |
//! | [`resolve`](mod@resolve) | flag > environment > file > default, as a pure function |
//! | [`values`] | what was resolved, and the typed readers |
//! | [`duration`] [`public_url`] [`database`] [`data_dir`] [`choice`] | value types |
//! | [`error`] | a refusal, in one line |
//! | [`page`] | the Markdown page of all settings |

pub mod choice;
pub mod data_dir;
pub mod database;
pub mod duration;
pub mod environment;
pub mod error;
pub mod file;
pub mod flags;
pub mod names;
mod nearest;
pub mod page;
pub mod public_url;
pub mod resolve;
pub mod setting;
pub mod shared;
pub mod values;

pub use error::SettingsError;
pub use resolve::load;
pub use setting::{Kind, Program, Setting};
pub use values::{Source, Values};
