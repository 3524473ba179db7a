//! The TOML file: common keys on top, a table for each program.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{
    SettingsError,
    error::one_line,
    names::{PROGRAMS, owners_of_key},
    nearest::nearest,
    setting::{Kind, Program, Setting},
    shared::SHARED,
};

/// A parsed file, of which each program checks its own part.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: String,
    content: Table,
}

/// One value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileEntry {
    /// File and key as messages name them: `scopegate.toml: auth-server.listen`.
    pub(crate) place: String,
    /// The value as text.
    pub(crate) text: String,
}

impl ConfigFile {
    /// Parses the content of the file at `path`, which serves messages only.
    pub fn parse(path: &str, content: &str) -> Result<Self, SettingsError> {
        let path = one_line(path);
        match content.parse() {
            Ok(content) => Ok(Self { path, content }),
            // The parser's own Display quotes the line, which may hold a password.
            Err(error) => Err(SettingsError::Syntax {
                path,
                line: line_of(&error, content),
                message: one_line(&error.message().replace('\n', ", ")),
            }),
        }
    }

    /// What the file says to the program: its own table over the common keys.
    ///
    /// The other program's table is left for the other program to check.
    pub(crate) fn entries(
        &self,
        program: &Program,
    ) -> Result<BTreeMap<&'static str, FileEntry>, SettingsError> {
        let mut entries = BTreeMap::new();
        for (key, value) in &self.content {
            if !PROGRAMS.iter().any(|(table, _)| table == key) {
                let setting = self.common_setting(program, key)?;
                entries.insert(setting.name, self.entry(key, setting, value)?);
            }
        }
        let Some(own) = self.content.get(program.name) else { return Ok(entries) };
        let Value::Table(own) = own else {
            return Err(self.refuse(program.name, "must be a table"));
        };
        for (key, value) in own {
            let setting = self.own_setting(program, key)?;
            let dotted = format!("{}.{key}", program.name);
            entries.insert(setting.name, self.entry(&dotted, setting, value)?);
        }
        Ok(entries)
    }

    fn common_setting(
        &self,
        program: &Program,
        key: &str,
    ) -> Result<&'static Setting, SettingsError> {
        if let Some(setting) = SHARED.iter().find(|setting| setting.key() == key) {
            return Ok(setting);
        }
        let owners = owners_of_key(key);
        if !owners.is_empty() {
            return Err(SettingsError::Misplaced { place: self.place(key), under: owners });
        }
        let own = program.own().map(|setting| (setting.key(), Some(program.name)));
        let tables = PROGRAMS.iter().map(|(table, _)| (format!("[{table}]"), None));
        let common = SHARED.iter().map(|setting| (setting.key(), None));
        Err(self.unknown(key, key, common.chain(own).chain(tables)))
    }

    fn own_setting(&self, program: &Program, key: &str) -> Result<&'static Setting, SettingsError> {
        if let Some(setting) = program.settings().find(|setting| setting.key() == key) {
            return Ok(setting);
        }
        let dotted = format!("{}.{key}", program.name);
        let owners = owners_of_key(key);
        if !owners.is_empty() {
            return Err(SettingsError::Misplaced { place: self.place(&dotted), under: owners });
        }
        Err(self.unknown(&dotted, key, program.settings().map(|setting| (setting.key(), None))))
    }

    fn entry(
        &self,
        dotted: &str,
        setting: &Setting,
        value: &Value,
    ) -> Result<FileEntry, SettingsError> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(on) => on.to_string(),
            Value::Array(_) if setting.kind != Kind::List => {
                return Err(self.refuse(dotted, "takes one value, not a list"));
            }
            Value::Array(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| self.refuse(dotted, "takes a list of strings"))?.join(",")
            }
            Value::Float(_) | Value::Datetime(_) | Value::Table(_) => {
                return Err(self.refuse(dotted, "takes a string, a whole number, true or false"));
            }
        };
        Ok(FileEntry { place: self.place(dotted), text })
    }

    fn unknown(
        &self,
        dotted: &str,
        key: &str,
        known: impl Iterator<Item = (String, Option<&'static str>)>,
    ) -> SettingsError {
        let known: Vec<_> = known.collect();
        let found = nearest(key, known.iter().map(|(name, _)| name.as_str()));
        let found = found.and_then(|found| known.iter().find(|(name, _)| name == found));
        SettingsError::UnknownKey {
            place: self.place(dotted),
            nearest: found.map(|(name, table)| match table {
                Some(table) => format!("{name} under [{table}]"),
                None => name.clone(),
            }),
        }
    }

    fn refuse(&self, dotted: &str, reason: &str) -> SettingsError {
        SettingsError::Value { given: self.place(dotted), reason: reason.to_owned() }
    }

    fn place(&self, dotted: &str) -> String {
        format!("{}: {}", self.path, one_line(dotted))
    }
}

fn line_of(error: &toml::de::Error, content: &str) -> usize {
    let until = error.span().map_or(0, |span| span.start);
    let before = content.as_bytes().iter().take(until);
    1 + before.filter(|&&byte| byte == b'\n').count()
}
