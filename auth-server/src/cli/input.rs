//! What a person or a script hands over: secrets, which never come as arguments, and a yes.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::CliError;
use crate::secret::Secret;

/// More than any secret has; what goes beyond is cut off before it is all read.
const LIMIT: u64 = 64 * 1024;

/// Reads a secret from standard input, without the line break at its end.
pub(super) fn from_stdin(what: &str) -> Result<Secret, CliError> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(LIMIT).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        CliError::refused(format_args!("the {what} on standard input is not UTF-8"))
    })?;
    one_line(&Secret::new(text), what)
}

/// Asks for a new password, twice.
pub(super) fn new_password(username: &str) -> Result<Secret, CliError> {
    let ask = |prompt: String| {
        rpassword::prompt_password(prompt).map(Secret::new).map_err(|_| {
            CliError::refused(
                "there is no terminal to ask for the password on; use --password-stdin",
            )
        })
    };
    let first = ask(format!("New password for {username}: "))?;
    let second = ask("The same again: ".to_owned())?;
    if first.expose() == second.expose() {
        Ok(first)
    } else {
        Err(CliError::refused("the two passwords differ"))
    }
}

/// Asks before something that cannot be undone, unless `yes` was given.
pub(super) fn confirm(yes: bool, question: &str) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::refused(
            "this cannot be undone and nobody is there to ask; add --yes",
        ));
    }
    let mut screen = io::stderr();
    write!(screen, "{question} [y/N] ")?;
    screen.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(CliError::refused("nothing was done"))
    }
}

/// Takes the line break at the end away; another one is a mistake, as of a file with two secrets.
fn one_line(text: &Secret, what: &str) -> Result<Secret, CliError> {
    let line = text.expose();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\n') {
        return Err(CliError::refused(format_args!(
            "standard input holds more than one line; the {what} is one"
        )));
    }
    if line.is_empty() {
        return Err(CliError::refused(format_args!("standard input holds no {what}")));
    }
    Ok(Secret::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_and_otherwise_untouched() {
        for (text, expected) in [
            ("correct horse\n", Some("correct horse")),
            ("correct horse", Some("correct horse")),
            ("correct horse\r\n", Some("correct horse")),
            ("  spaces stay \n", Some("  spaces stay ")),
            ("\ttab", Some("\ttab")),
            ("", None),
            ("\n", None),
            ("one\ntwo\n", None),
        ] {
            let found = one_line(&Secret::new(text.to_owned()), "password");
            assert_eq!(found.as_ref().ok().map(Secret::expose), expected, "{text:?}");
        }
    }
}
