//! The TOML file of settings: read or refused in one line, never half.
#![no_main]

use auth_server::config::{Config, PROGRAM};
use libfuzzer_sys::fuzz_target;
use scopegate_settings::{
    SettingsError, environment::Environment, file::ConfigFile, flags::Flags, resolve::resolve,
};

fuzz_target!(|data: &str| {
    if let Err(error) = read(data) {
        let line = error.to_string();
        assert!(!line.is_empty() && !line.contains(['\n', '\r', '\u{1b}']), "{line:?}");
    }
});

fn read(content: &str) -> Result<Config, SettingsError> {
    let file = ConfigFile::parse("scopegate.toml", content)?;
    Config::read(&resolve(&PROGRAM, &Flags::default(), &Environment::default(), Some(&file))?)
}
