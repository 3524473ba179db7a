//! Files that restores and commands that were cut short have left, and that hold secrets.

use std::{collections::BTreeSet, path::Path};

use super::{
    Findings,
    facts::{Facts, database_file},
    files::files_in,
};

/// Whether there is something that nobody needs any more.
pub(super) fn leftovers(facts: &Facts<'_>, found: &mut Findings) {
    let config = facts.config;
    let keys = [config.keys.shared_key_file.as_path(), &config.keys.server_key_file];
    let folders: BTreeSet<_> =
        keys.into_iter().chain(database_file(config)).filter_map(Path::parent).collect();
    for path in folders.into_iter().flat_map(files_in) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_draft = name.starts_with('.') && path.extension().is_some_and(|end| end == "new");
        let path = path.display();
        if name.contains(".replaced-") {
            found.advice(format!(
                "{path}: a restore has put this aside, and it holds password hashes or keys; delete it \
                 when nobody needs it"
            ));
        } else if is_draft {
            found.advice(format!(
                "{path}: a command that was cut short has left this; delete it, unless one runs now"
            ));
        }
    }
}
