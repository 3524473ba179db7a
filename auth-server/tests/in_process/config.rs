//! The settings of a server in a folder, whose passwords cost next to nothing.

use std::path::Path;

use auth_server::config::{Config, PROGRAM};
use scopegate_settings::{environment::Environment, flags::Flags, resolve::resolve};

/// With these variables beside.
pub fn config(folder: &Path, variables: &[(&str, &str)]) -> Config {
    let fixed = [
        ("SCOPEGATE_DATA_DIR", folder.to_str().unwrap()),
        ("SCOPEGATE_ARGON2_MEMORY", "64"),
        ("SCOPEGATE_ARGON2_TIME", "1"),
        ("SCOPEGATE_ARGON2_LANES", "1"),
    ];
    let variables = fixed.iter().chain(variables);
    let environment =
        Environment::new(variables.map(|(name, value)| ((*name).into(), (*value).into())));
    Config::read(&resolve(&PROGRAM, &Flags::default(), &environment, None).unwrap()).unwrap()
}
