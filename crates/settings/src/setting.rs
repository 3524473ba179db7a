//! A setting as data, so that flag, variable, TOML key and docs cannot drift apart.

use crate::shared;

/// One setting of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name as in the flag, without its dashes: `access-token-ttl`.
    pub name: &'static str,
    /// What the value looks like in a help text: `DURATION`.
    pub value_name: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// The form of the value.
    pub kind: Kind,
    /// The text that is read where nobody gave one.
    pub default: Option<&'static str>,
    /// The default as people should see it, where it is derived from other settings.
    pub shown_default: Option<&'static str>,
    /// A variable of this program alone, which beats the common one.
    pub own_variable: Option<&'static str>,
    /// Whether the value must never be shown.
    pub secret: bool,
}

/// The form of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One text.
    Text,
    /// On or off; as a flag it needs no value.
    Switch,
    /// Texts separated by commas; in TOML an array too.
    List,
}

/// A program and the settings that it knows.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The program's name, which is that of its table in the TOML file too.
    pub name: &'static str,
    /// Its own settings, section by section; [`SHARED`](shared::SHARED) come on top.
    pub sections: &'static [&'static [Setting]],
}

impl Setting {
    /// A setting of one text, without a default.
    pub const fn new(name: &'static str, value_name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            value_name,
            help,
            kind: Kind::Text,
            default: None,
            shown_default: None,
            own_variable: None,
            secret: false,
        }
    }

    /// A setting that is off unless it is turned on.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self { kind: Kind::Switch, default: Some("false"), ..Self::new(name, "BOOL", help) }
    }

    /// The same setting, taking several values.
    #[must_use]
    pub const fn list(self) -> Self {
        Self { kind: Kind::List, ..self }
    }

    /// The same setting with a default.
    #[must_use]
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    /// The same setting with a default that the program derives, and how to tell people.
    #[must_use]
    pub const fn derived(self, shown: &'static str) -> Self {
        Self { shown_default: Some(shown), ..self }
    }

    /// The same setting with a variable of this program alone.
    #[must_use]
    pub const fn own_variable(self, name: &'static str) -> Self {
        Self { own_variable: Some(name), ..self }
    }

    /// The same setting, its value never shown.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Its environment variable: `SCOPEGATE_ACCESS_TOKEN_TTL`.
    pub fn variable(&self) -> String {
        variable_of(self.name)
    }

    /// Its TOML key: `access_token_ttl`.
    pub fn key(&self) -> String {
        key_of(self.name)
    }

    /// The default as people should see it.
    pub fn visible_default(&self) -> Option<&'static str> {
        self.shown_default.or(self.default)
    }
}

impl Program {
    /// Every setting: the shared ones, then the program's own.
    pub fn settings(&self) -> impl Iterator<Item = &'static Setting> + use<> {
        shared::SHARED.iter().chain(self.own())
    }

    /// The program's own settings.
    pub fn own(&self) -> impl Iterator<Item = &'static Setting> + use<> {
        let sections: &'static [&'static [Setting]] = self.sections;
        sections.iter().copied().flatten()
    }
}

/// The variable of the setting with that name.
pub(crate) fn variable_of(name: &str) -> String {
    format!("SCOPEGATE_{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// The TOML key of the setting with that name.
pub(crate) fn key_of(name: &str) -> String {
    name.replace('-', "_")
}
