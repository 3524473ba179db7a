//! Writes the pages that the programs know best, so that no page can say something else than they do.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::failure::{Doing, Failure};
use crate::programs::{self, Programs};

/// The flags of `cargo generate`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail when a page differs from what would be written.
    #[arg(long)]
    check: bool,
}

/// A generated page: where it stands, relative to the root, and what it says.
struct Page {
    path: &'static str,
    text: String,
}

/// Writes every page again, or with `--check` compares them.
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let pages = pages(&programs::build(false).await?).await?;
    if options.check { check(programs::root(), &pages) } else { write(programs::root(), &pages) }
}

/// Every generated page; a new one is a line here.
async fn pages(programs: &Programs) -> Result<Vec<Page>, Failure> {
    let settings = [
        scopegate_settings::page::head(),
        printed(&programs.auth_server, &["settings"]).await?,
        printed(&programs.resource_api, &["settings"]).await?,
    ];
    Ok(vec![
        Page { path: "docs/settings.md", text: settings.concat() },
        Page {
            path: "docs/openapi/auth-server.json",
            text: printed(&programs.auth_server, &["openapi"]).await?,
        },
        Page {
            path: "docs/openapi/resource-api.json",
            text: printed(&programs.resource_api, &["openapi"]).await?,
        },
    ])
}

/// What a program prints, with exactly one newline at its end.
async fn printed(program: &PathBuf, arguments: &[&str]) -> Result<String, Failure> {
    let name = || format!("{} {}", program.display(), arguments.join(" "));
    let output = Command::new(program).args(arguments).output().await.doing(name)?;
    if !output.status.success() {
        return Err(Failure(format!("{} failed", name())));
    }
    let text = String::from_utf8(output.stdout).doing(name)?;

    Ok(format!("{}\n", text.trim_end()))
}

fn write(root: &Path, pages: &[Page]) -> Result<(), Failure> {
    for Page { path, text } in pages {
        let file = root.join(path);
        let folder = file.parent().expect("a page stands in a folder of the workspace");
        fs::create_dir_all(folder).doing(|| folder.display().to_string())?;
        fs::write(&file, text).doing(|| (*path).to_owned())?;
    }
    Ok(())
}

fn check(root: &Path, pages: &[Page]) -> Result<(), Failure> {
    let stale: Vec<&str> = pages
        .iter()
        .filter(|page| fs::read_to_string(root.join(page.path)).ok().as_ref() != Some(&page.text))
        .map(|page| page.path)
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure(format!("out of date: {} (run `cargo generate`)", stale.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_edited_or_is_missing_fails_the_check() {
        let root = std::env::temp_dir().join(format!("xtask-generate-{}", std::process::id()));
        let page = |text: &str| vec![Page { path: "docs/page.md", text: text.to_owned() }];
        assert!(check(&root, &page("one\n")).is_err(), "missing");
        write(&root, &page("one\n")).unwrap();
        assert!(check(&root, &page("one\n")).is_ok(), "as written");
        assert!(check(&root, &page("two\n")).is_err(), "differs");
        fs::remove_dir_all(&root).unwrap();
    }
}
