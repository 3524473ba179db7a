//! The command line itself: what it takes, and that its help is complete.

use super::*;

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn every_command_and_argument_says_what_it_is_for() {
    fn check(command: &clap::Command, path: &str) {
        assert!(command.get_about().is_some(), "{path}");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path} {}", argument.get_id());
        }
        for sub in command.get_subcommands() {
            check(sub, &format!("{path} {}", sub.get_name()));
        }
    }
    check(&command(), "auth-server");
}

#[test]
fn wrong_usage_is_the_parsers_to_refuse() {
    for (row, line) in [
        ("no command", "auth-server"),
        ("unknown command", "auth-server users"),
        ("unknown flag", "auth-server user list --all"),
        ("no name", "auth-server user add"),
        ("a password as an argument", "auth-server user add bob --password secret"),
        ("a secret as an argument", "auth-server client add web --secret x"),
        ("two passwords", "auth-server user add bob --password-stdin --password-hash-stdin"),
        ("a password and none", "auth-server user add bob --password-stdin --no-password"),
        ("public with a secret", "auth-server client add web --public --secret-stdin"),
        ("a duration without unit", "auth-server client rotate-secret web --keep-old 24"),
        ("unknown consent", "auth-server client add web --consent never"),
        ("unknown shell", "auth-server completions cmd"),
    ] {
        assert!(command().try_get_matches_from(line.split(' ')).is_err(), "{row}: {line}");
    }
}

#[test]
fn settings_are_taken_after_any_command() {
    for line in [
        "auth-server serve --data-dir x --listen 127.0.0.1:0",
        "auth-server user add bob --scopes me --scopes items --data-dir x --issuer http://localhost",
        "auth-server client rotate-secret web --keep-old 24h --data-dir x",
        "auth-server apply file.toml --dry-run --json --data-dir x",
        "auth-server completions bash",
    ] {
        let parsed = command().try_get_matches_from(line.split(' '));
        let parsed = parsed.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(CommandLine::from_arg_matches(&parsed).is_ok(), "{line}");
    }
}
