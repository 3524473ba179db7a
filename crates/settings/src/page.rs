//! The Markdown page of all settings, made from the tables so that it cannot be wrong.

use std::fmt::Write as _;

use crate::{
    environment,
    setting::{Kind, Program, Setting},
    shared::SHARED,
};

const INTRODUCTION: &str = "\
# Settings

<!-- Generated from the tables in the code by `cargo generate`; edit those. -->

A flag wins over the environment, the environment over the TOML file that `--config FILE` or
`SCOPEGATE_CONFIG` names, the file over the default. An unknown key or a wrong value stops the start
with one line and exit 1; an unknown `SCOPEGATE_` variable is a warning; an empty variable counts as
unset. A relative path counts from the working folder.

One file serves both programs: common keys on top, a table for each program. A common key in a
program's table is for that program alone.

Where both programs get the same environment, say `SCOPEGATE_AUTH_LISTEN` and `SCOPEGATE_RESOURCE_LISTEN`,
`SCOPEGATE_AUTH_METRICS_LISTEN` and `SCOPEGATE_RESOURCE_METRICS_LISTEN`. `SCOPEGATE_LISTEN` and
`SCOPEGATE_METRICS_LISTEN` mean both: the second to start would find its address taken, and stop.

```toml
issuer = \"https://auth.example\"
audience = \"https://api.example\"

[auth-server]
listen = \"0.0.0.0:8000\"

[resource-api]
listen = \"0.0.0.0:8001\"
```

Durations are a whole number and a unit: `30s`, `30m`, `12h`, `30d`. A switch is `true` or `false`; its
flag may stand without a value.
";

/// The page's head: how settings work, and a table of what both programs have.
pub fn head() -> String {
    let mut page = INTRODUCTION.to_owned();
    table(&mut page, "Both programs", None, SHARED.iter());
    page
}

/// The table of one program's own settings, which comes below [`head`].
pub fn of_program(program: &Program) -> String {
    let mut part = String::new();
    table(&mut part, program.name, Some(program.name), program.own());
    part
}

fn table<'a>(
    page: &mut String,
    title: &str,
    under: Option<&str>,
    settings: impl Iterator<Item = &'a Setting>,
) {
    let place = match under {
        Some(table) => format!("Its keys stand under `[{table}]`."),
        None => "These keys stand on top of the file.".to_owned(),
    };
    // Writing to a `String` cannot fail, here and below.
    let _ = write!(page, "\n## {title}\n\n{place}\n\n");
    page.push_str("| flag | variable | TOML key | default | for |\n|---|---|---|---|---|\n");
    for setting in settings {
        row(page, setting);
    }
}

fn row(page: &mut String, setting: &Setting) {
    let flag = match setting.kind {
        Kind::Switch => format!("--{}", setting.name),
        Kind::Text | Kind::List => format!("--{} {}", setting.name, setting.value_name),
    };
    let variables: Vec<String> =
        environment::variables_of(setting).map(|name| format!("`{name}`")).collect();
    let default = setting.visible_default().map_or("none".to_owned(), |text| format!("`{text}`"));
    let _ = writeln!(
        page,
        "| `{flag}` | {} | `{}` | {default} | {} |",
        variables.join(", "),
        setting.key(),
        setting.help,
    );
}
