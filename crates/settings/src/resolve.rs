//! Which source wins: flag > environment > file > default.

use std::{collections::BTreeMap, path::Path};

use clap::ArgMatches;

use crate::{
    SettingsError,
    environment::Environment,
    error::one_line,
    file::{ConfigFile, FileEntry},
    flags::{CONFIG, Flags},
    setting::{Program, Setting, variable_of},
    values::{Given, Source, Values},
};

/// Reads command line, environment and the TOML file that either names, then resolves them.
pub fn load(program: &Program, matches: &ArgMatches) -> Result<Values, SettingsError> {
    let flags = Flags::of(program, matches);
    let environment = Environment::of_process();
    let file = read_file(&flags, &environment)?;
    resolve(program, &flags, &environment, file.as_ref())
}

/// Decides every setting of the program. Pure: the same sources give the same values.
///
/// The whole file is checked, also keys that a flag or a variable overrides.
pub fn resolve(
    program: &Program,
    flags: &Flags,
    environment: &Environment,
    file: Option<&ConfigFile>,
) -> Result<Values, SettingsError> {
    let mut from_file = match file {
        Some(file) => file.entries(program)?,
        None => BTreeMap::new(),
    };
    let mut given = BTreeMap::new();
    for setting in program.settings() {
        let entry = from_file.remove(setting.name);
        given.insert(setting.name, decide(setting, flags, environment, entry)?);
    }
    Ok(Values::new(given, environment.unknown()))
}

fn decide(
    setting: &'static Setting,
    flags: &Flags,
    environment: &Environment,
    entry: Option<FileEntry>,
) -> Result<Given, SettingsError> {
    let (text, source) = if let Some(text) = flags.find(setting.name) {
        (Some(text.to_owned()), Source::Flag)
    } else if let Some((variable, value)) = environment.find_setting(setting) {
        let Some(text) = value.to_str() else { return Err(not_text(variable)) };
        (Some(text.to_owned()), Source::Variable(variable))
    } else if let Some(entry) = entry {
        (Some(entry.text), Source::File { place: entry.place })
    } else {
        (setting.default.map(str::to_owned), Source::Default)
    };
    Ok(Given { setting, text, source })
}

fn read_file(
    flags: &Flags,
    environment: &Environment,
) -> Result<Option<ConfigFile>, SettingsError> {
    let variable = variable_of(CONFIG);
    let (path, given) = if let Some(path) = &flags.config {
        (Path::new(path), format!("--{CONFIG}={path}"))
    } else if let Some(path) = environment.find(&variable) {
        (Path::new(path), format!("{variable}={}", path.display()))
    } else {
        return Ok(None);
    };
    let content = std::fs::read_to_string(path)
        .map_err(|cause| SettingsError::Unreadable { given: one_line(&given), cause })?;
    ConfigFile::parse(&path.display().to_string(), &content).map(Some)
}

fn not_text(variable: String) -> SettingsError {
    SettingsError::Value { given: variable, reason: "not UTF-8 text".to_owned() }
}

#[cfg(test)]
mod tests;
