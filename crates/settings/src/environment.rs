//! The `SCOPEGATE_` variables: which are ours, which are nobody's.

use std::{collections::BTreeMap, ffi::OsString};

use crate::{
    names::{OTHER_VARIABLES, PROGRAMS},
    setting::{Setting, variable_of},
    shared::SHARED,
};

/// The prefix of every variable.
const PREFIX: &str = "SCOPEGATE_";

/// A snapshot of the environment: the `SCOPEGATE_` variables that are not empty.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Keeps what concerns us of all variables. An empty one counts as unset.
    pub fn new(all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(
            all.into_iter()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty())
                .collect(),
        )
    }

    /// The environment of this process.
    pub fn of_process() -> Self {
        // Not `vars`, which panics on a value that is not UTF-8.
        Self::new(std::env::vars_os())
    }

    /// The variable's value.
    pub(crate) fn find(&self, variable: &str) -> Option<&OsString> {
        self.0.get(variable)
    }

    /// The variable that gives a value to the setting; the program's own beats the common one.
    pub(crate) fn find_setting(&self, setting: &Setting) -> Option<(String, &OsString)> {
        variables_of(setting).find_map(|name| self.find(&name).map(|value| (name, value)))
    }

    /// The variables that no program knows, in alphabetical order.
    ///
    /// They deserve a warning and no more: Kubernetes injects `SCOPEGATE_PORT` and its like into
    /// every pod beside a service of our name.
    pub fn unknown(&self) -> Vec<String> {
        self.0.keys().filter(|name| !is_known(name)).cloned().collect()
    }
}

/// The variables of a setting, the one that wins first.
pub(crate) fn variables_of(setting: &Setting) -> impl Iterator<Item = String> + use<> {
    setting.own_variable.map(str::to_owned).into_iter().chain([setting.variable()])
}

fn is_known(variable: &str) -> bool {
    let own = PROGRAMS.iter().flat_map(|(_, names)| names.iter().copied());
    OTHER_VARIABLES.contains(&variable)
        || SHARED.iter().map(|setting| setting.name).chain(own).any(|n| variable_of(n) == variable)
}
