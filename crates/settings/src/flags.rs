//! The command-line arguments of a program's settings.

use clap::{Arg, ArgMatches, Command};

use crate::setting::{Kind, Program, Setting};

/// The flag that names the TOML file.
pub const CONFIG: &str = "config";

/// The heading under which the help lists the settings.
const HEADING: &str = "Settings";

/// Settings that the help of every subcommand shows; the others are listed by `serve` alone, but
/// accepted everywhere.
const SHOWN_EVERYWHERE: &[&str] = &[CONFIG, "data-dir", "database-url", "log-format"];

/// Adds the settings to a program's command, as flags that work after a subcommand too.
pub fn add_to(command: Command, program: &Program) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .filter(|name| name != "serve")
        .collect();
    let hidden: Vec<Arg> = program
        .settings()
        .filter(|setting| !SHOWN_EVERYWHERE.contains(&setting.name))
        .map(|setting| arg(setting).hide(true))
        .collect();
    let command = names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |sub| sub.args(&hidden)));
    command.arg(config()).args(program.settings().map(arg))
}

/// What the command line says, by the setting's name.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub(crate) config: Option<String>,
    pub(crate) given: Vec<(&'static str, String)>,
}

impl Flags {
    /// Takes the settings out of the matches of a command made by [`add_to`]; those of a
    /// subcommand serve as well.
    pub fn of(program: &Program, matches: &ArgMatches) -> Self {
        let find = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
        Self {
            config: find(CONFIG),
            given: program.settings().filter_map(|s| Some((s.name, find(s.name)?))).collect(),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, text)| text.as_str())
    }
}

fn config() -> Arg {
    Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("FILE")
        .help("TOML file of settings; flags and SCOPEGATE_ variables win over it")
        .help_heading(HEADING)
        .global(true)
}

fn arg(setting: &Setting) -> Arg {
    let help = match setting.visible_default() {
        Some(default) if setting.kind != Kind::Switch => {
            format!("{} [default: {default}]", setting.help)
        }
        _ => setting.help.to_owned(),
    };
    let arg = Arg::new(setting.name)
        .long(setting.name)
        .value_name(setting.value_name)
        .help(help)
        .help_heading(HEADING)
        .global(true);
    if setting.kind == Kind::Switch {
        // With `=` only: `--allow-http serve` must not take the subcommand for a value.
        arg.num_args(0..=1).require_equals(true).default_missing_value("true")
    } else {
        arg
    }
}
