//! What was resolved: each setting's text with its source, read into types once at the start.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    net::SocketAddr,
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

use crate::{SettingsError, duration, error::one_line, setting::Setting};

/// The resolved settings of a program.
///
/// Readers panic on a name that is not in the program's table: the names are literals beside it.
#[derive(Clone, Debug)]
pub struct Values {
    given: BTreeMap<&'static str, Given>,
    unknown_variables: Vec<String>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment variable of that name.
    Variable(String),
    /// The TOML file.
    File {
        /// File and key as messages name them: `scopegate.toml: auth-server.listen`.
        place: String,
    },
    /// Nobody gave one.
    Default,
}

/// One setting, as it was resolved. `Debug` hides a secret.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) setting: &'static Setting,
    pub(crate) text: Option<String>,
    pub(crate) source: Source,
}

impl Values {
    pub(crate) const fn new(
        given: BTreeMap<&'static str, Given>,
        unknown_variables: Vec<String>,
    ) -> Self {
        Self { given, unknown_variables }
    }

    /// The `SCOPEGATE_` variables that no program knows; each deserves a warning.
    pub fn unknown_variables(&self) -> &[String] {
        &self.unknown_variables
    }

    /// Where the setting's value came from.
    pub fn source(&self, name: &str) -> &Source {
        &self.given(name).source
    }

    /// The setting's value through `parse`, or `None` where nobody gave one.
    pub fn optional<T, E: Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, SettingsError> {
        let text = self.given(name).text.as_deref();
        text.map(parse).transpose().map_err(|reason| self.refuse(name, reason))
    }

    /// The value of a setting that has a default, through `parse`.
    ///
    /// # Panics
    ///
    /// Where the table gives the setting no default.
    pub fn required<T, E: Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, SettingsError> {
        Ok(self.optional(name, parse)?.expect("a required setting has a default in its table"))
    }

    /// A duration such as `30m`.
    pub fn duration(&self, name: &str) -> Result<Duration, SettingsError> {
        self.required(name, duration::parse)
    }

    /// A whole number in the range.
    pub fn number(&self, name: &str, range: RangeInclusive<u32>) -> Result<u32, SettingsError> {
        self.required(name, |text| {
            // `parse` takes a leading plus sign, which nobody means.
            let number = text.parse().ok().filter(|_| !text.starts_with('+'));
            number.filter(|number| range.contains(number)).ok_or_else(|| {
                format!("not a whole number from {} to {}", range.start(), range.end())
            })
        })
    }

    /// On or off.
    pub fn switch(&self, name: &str) -> Result<bool, SettingsError> {
        self.required(name, |text| match text {
            "true" | "on" => Ok(true),
            "false" | "off" => Ok(false),
            _ => Err("not a switch; write true or false"),
        })
    }

    /// An address to listen on; port 0 lets the system choose.
    pub fn address(&self, name: &str) -> Result<SocketAddr, SettingsError> {
        self.required(name, |text| {
            text.parse().map_err(
                |_| "not an address to listen on; write it like 127.0.0.1:8000 or [::]:8000",
            )
        })
    }

    /// An address to listen on, or `None` for `off`.
    pub fn address_or_off(&self, name: &str) -> Result<Option<SocketAddr>, SettingsError> {
        self.required(name, |text| match text {
            "off" => Ok(None),
            address => address
                .parse()
                .map(Some)
                .map_err(|_| "not an address to listen on; write it like 127.0.0.1:8010, or off"),
        })
    }

    /// A path; a relative one counts from the working folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, SettingsError> {
        self.required(name, path)
    }

    /// A path that need not be given.
    pub fn optional_path(&self, name: &str) -> Result<Option<PathBuf>, SettingsError> {
        self.optional(name, path)
    }

    /// A client's id: 1 to 128 characters without spaces or controls.
    pub fn client_id(&self, name: &str) -> Result<String, SettingsError> {
        self.required(name, client_id)
    }

    /// A client's id that need not be given.
    pub fn optional_client_id(&self, name: &str) -> Result<Option<String>, SettingsError> {
        self.optional(name, client_id)
    }

    /// Comma-separated values, each through `parse`; `None` where nobody gave a list. A list that
    /// was given empty is empty.
    pub fn list<T, E: Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, SettingsError> {
        self.optional(name, |text| {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let parts = text.split(',').map(str::trim);
            parts.map(|part| parse(part).map_err(|e| format!("{part:?} is {e}"))).collect()
        })
    }

    /// A refusal of the setting's value for a reason that only the caller can see.
    pub fn refuse(&self, name: &str, reason: impl Display) -> SettingsError {
        SettingsError::Value {
            given: self.given(name).to_string(),
            reason: one_line(&reason.to_string()),
        }
    }

    fn given(&self, name: &str) -> &Given {
        self.given.get(name).expect("a setting is read by a name in the program's table")
    }
}

fn path(text: &str) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("not a path") } else { Ok(PathBuf::from(text)) }
}

fn client_id(text: &str) -> Result<String, &'static str> {
    let length = text.chars().count();
    let bad = |c: char| c.is_whitespace() || c.is_control();
    if length == 0 || length > 128 || text.contains(bad) {
        return Err("not a client id; it has 1 to 128 characters and no spaces");
    }
    Ok(text.to_owned())
}

/// The setting as it was given: `SCOPEGATE_ISSUER=http://localhost:8000`; a secret without value.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Flag => write!(f, "--{}", self.setting.name)?,
            Source::Variable(variable) => f.write_str(variable)?,
            Source::File { place } => f.write_str(place)?,
            Source::Default => f.write_str(self.setting.name)?,
        }
        match &self.text {
            Some(text) if !self.setting.secret => write!(f, "={}", one_line(text)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Given").field(&self.to_string()).field(&self.source).finish()
    }
}
