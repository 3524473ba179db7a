//! The report: what was measured where and when, in Markdown for people and JSON for programs.

use std::fs;

use chrono::DateTime;
use scopegate_core::clock::{Clock, SystemClock};
use serde_json::json;

use crate::{
    failure::{Doing, Failure},
    peers::PEERS,
    place::{self, Place},
    table::Part,
};

/// The lines of `docs/compare.md` between which the report stands.
const BEGIN: &str = "<!-- written by `cargo compare --docs`: begin -->\n";
const END: &str = "<!-- written by `cargo compare --docs`: end -->\n";

/// Where and when: read before anything else makes the machine busy.
pub(crate) struct Occasion {
    date: String,
    machine: String,
    load: String,
}

impl Occasion {
    /// The present one.
    pub(crate) fn now() -> Self {
        let now = DateTime::from_timestamp(SystemClock.now().seconds(), 0).unwrap_or_default();
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let model = processors.lines().find_map(|line| line.strip_prefix("model name"));
        let model =
            model.map_or("unknown processor", |rest| rest.trim_start_matches(['\t', ':', ' ']));
        let count = processors.lines().filter(|line| line.starts_with("processor")).count();
        let kernel = read("/proc/sys/kernel/osrelease");
        Self {
            date: now.format("%Y-%m-%d %H:%M UTC").to_string(),
            machine: format!("{count} cores of {model}, Linux {}", kernel.trim()),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

/// The report in Markdown.
pub(crate) fn markdown(occasion: &Occasion, place: &Place, rounds: &str, parts: &[Part]) -> String {
    let Occasion { date, machine, load } = occasion;
    let mut text =
        format!("Measured on {date}: {machine}; load average {load} before it began. {rounds}\n\n");
    text.extend([format!("Versions: {}. Binaries: {}.\n\n", versions().join(", "), sizes(place))]);
    text.extend(parts.iter().map(Part::markdown));
    text
}

/// Writes the report into `target/compare/`, as `name.md` and `name.json`.
pub(crate) fn write(
    occasion: &Occasion,
    place: &Place,
    name: &str,
    parts: &[Part],
    text: &str,
) -> Result<(), Failure> {
    let json = json!({
        "date": occasion.date,
        "machine": occasion.machine,
        "load_average": occasion.load,
        "versions": versions(),
        "parts": parts,
    });
    let save = |ending: &str, text: &str| {
        let file = place.work().join(format!("{name}.{ending}"));
        fs::write(&file, text).doing(|| file.display().to_string())
    };
    save("md", text)?;
    save("json", &format!("{json:#}\n"))
}

/// Writes the report into its place in `docs/compare.md`.
pub(crate) fn publish(text: &str) -> Result<(), Failure> {
    let file = place::root().join("docs/compare.md");
    let page = fs::read_to_string(&file).doing(|| file.display().to_string())?;
    let page = put(&page, text).ok_or_else(|| Failure::new("docs/compare.md has no place"))?;
    fs::write(&file, page).doing(|| file.display().to_string())
}

/// The page with the report in its place.
fn put(page: &str, text: &str) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n{text}{END}{tail}"))
}

/// This project's version, and those of the peers' packages as their files pin them.
fn versions() -> Vec<String> {
    let mut versions = vec![format!("scopegate {}", env!("CARGO_PKG_VERSION"))];
    for (package, file) in PEERS.iter().flat_map(|peer| peer.packages) {
        let text = fs::read_to_string(place::apps().join(file)).unwrap_or_default();
        let line = text.lines().find(|line| names(line, package)).unwrap_or_default();
        let version = line.rsplit(['=', ':', ' ']).next().unwrap_or_default();
        versions.push(format!("{package} {}", version.trim_matches(['"', ',', ' '])));
    }
    versions
}

/// Whether a line of a file of packages is about that one.
fn names(line: &str, package: &str) -> bool {
    let name = line.trim().trim_start_matches('"');
    let rest = name.get(..package.len()).filter(|start| start.eq_ignore_ascii_case(package));
    rest.is_some() && name[package.len()..].starts_with(['=', '"', ' '])
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
fn sizes(place: &Place) -> String {
    let sizes = place.programs().map(|program| {
        let bytes = fs::metadata(program).map_or(0, |file| file.len());
        let name = program.file_name().unwrap_or_default().display().to_string();
        format!("{name} {:.1} MB", bytes as f64 / 1e6)
    });
    sizes.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_the_one_before_and_nothing_else() {
        let page = format!("# Head\n{BEGIN}old\n{END}Tail\n");
        let expected = format!("# Head\n{BEGIN}\nnew\n{END}Tail\n");
        assert_eq!(put(&page, "new\n"), Some(expected));
        assert_eq!(put("no place", "new\n"), None);
    }

    #[test]
    fn a_version_stands_in_the_line_of_its_package() {
        for (line, package, expected) in [
            ("fastapi==0.165.0", "fastapi", true),
            ("Django==5.2.19", "django", true),
            ("django-oauth-toolkit==3.4.1", "django", false),
            ("    \"oidc-provider\": \"9.13.3\",", "oidc-provider", true),
            ("axum-jwt-auth = \"=0.7.0\"", "axum-jwt-auth", true),
        ] {
            assert_eq!(names(line, package), expected, "{line}");
        }
    }
}
