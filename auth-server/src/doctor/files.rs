//! Keys and the folders that hold them: whether they are there, and who may read them.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use scopegate_core::algorithm::Algorithm;

use super::{
    Findings,
    facts::{Facts, Stored, database_file},
};
use crate::keys::{
    ServerKey,
    folder::KeyFolder,
    plan::{self, KeyState},
    shared_lines::SharedLines,
};

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 1000;

/// Whether the keys that the settings and the store speak of are here and sound.
pub(super) fn keys(facts: &Facts<'_>, found: &mut Findings) {
    server_key(facts, found);
    let keys = &facts.config.keys;
    if keys.verify_algs.contains(&Algorithm::Hs256) || keys.signing_alg == Algorithm::Hs256 {
        match SharedLines::open(&keys.shared_key_file) {
            Ok(Some(_)) => {}
            Ok(None) => found.problem(format!(
                "{}: the shared key is not there; `auth-server serve` makes it, and resource-api \
                 needs the same one",
                keys.shared_key_file.display()
            )),
            Err(error) => found.problem(error.to_string()),
        }
    }
    if let Ok(stored) = &facts.store {
        signing_keys(facts, stored, found);
    }
}

fn server_key(facts: &Facts<'_>, found: &mut Findings) {
    let path = &facts.config.keys.server_key_file;
    let known = facts.store.as_ref().ok().and_then(|stored| stored.server_key.as_deref());
    if !path.exists() {
        return match known {
            None => found.problem(format!(
                "{}: the server key is not there; `auth-server serve` makes it",
                path.display()
            )),
            Some(_) => found.problem(format!(
                "{}: the server key that the database was made with is not there; put it back from \
                 the backup, or copy it from another replica",
                path.display()
            )),
        };
    }
    match ServerKey::load_or_create(path) {
        Err(error) => found.problem(error.to_string()),
        Ok(key) if known.is_some_and(|known| known != key.fingerprint()) => {
            found.problem(format!(
                "{}: this is not the server key that the database was made with; put that one back",
                path.display()
            ));
        }
        Ok(_) => {}
    }
}

fn signing_keys(facts: &Facts<'_>, stored: &Stored, found: &mut Findings) {
    let alg = facts.config.keys.signing_alg;
    let folder = KeyFolder::new(&facts.config.keys.signing_dir);
    let mut signs = alg == Algorithm::Hs256;
    for row in &stored.signing_keys {
        let state = plan::state(row, &stored.signing_keys, alg, facts.now);
        signs |= state == KeyState::Signing;
        let needed = matches!(state, KeyState::Next | KeyState::Signing);
        if needed && !folder.holds(&row.kid) {
            found.problem(format!(
                "{}: the private key is not here; copy the file from the auth-server that made it, \
                 or `auth-server key retire {} --now` puts another key in its place",
                folder.path(&row.kid).display(),
                row.kid
            ));
        }
    }
    if !signs {
        found.problem(format!(
            "no key signs with {}; `auth-server serve` makes the first, `auth-server key list` \
             shows what there is",
            alg.as_str()
        ));
    }
}

/// Whether anybody but the server's own account can read what is secret.
pub(super) fn permissions(facts: &Facts<'_>, found: &mut Findings) {
    let config = facts.config;
    let Ok(data) = fs::metadata(config.data_dir.path()) else { return };
    for (path, is_private) in secrets(facts) {
        match fs::symlink_metadata(&path) {
            Ok(metadata) => judge(&path, &metadata, is_private, data.uid(), found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.problem(format!("{}: {error}", path.display())),
        }
    }
    let clients = config.private_dir().join("clients");
    for path in files_in(&clients) {
        found.advice(format!(
            "{}: this secret is still here; hand it over to whoever runs the client, then delete it",
            path.display()
        ));
    }
}

/// Each folder and file, and whether it is auth-server's alone.
fn secrets(facts: &Facts<'_>) -> Vec<(PathBuf, bool)> {
    let config = facts.config;
    let private = config.private_dir();
    let mut paths = vec![
        (config.data_dir.shared(), false),
        (config.keys.shared_key_file.clone(), false),
        (private.clone(), true),
        (config.keys.server_key_file.clone(), true),
    ];
    paths.extend(database_file(config).map(|file| (file.to_owned(), false)));
    for folder in [config.keys.signing_dir.clone(), private.join("clients")] {
        paths.extend(files_in(&folder).into_iter().map(|file| (file, true)));
        paths.push((folder, true));
    }
    paths
}

pub(super) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).take(MAX_FILES).collect()
}

fn judge(path: &Path, metadata: &fs::Metadata, is_private: bool, owner: u32, found: &mut Findings) {
    let mode = metadata.mode() & 0o777;
    let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
    let mend = format!("`chmod {wanted:o} {}`", path.display());
    if metadata.is_symlink() {
        // What it leads to has permissions of its own; the link has none.
    } else if mode & 0o007 != 0 {
        found.problem(format!(
            "{}: everybody on this machine may use it ({mode:o}); {mend}",
            path.display()
        ));
    } else if is_private && mode & 0o070 != 0 {
        found.problem(format!(
            "{}: its group may use it ({mode:o}), and it is auth-server's alone; {mend}",
            path.display()
        ));
    } else if mode & 0o070 != 0 {
        found.advice(format!(
            "{}: its group may use it ({mode:o}); where resource-api does not run under another \
             account, {mend}",
            path.display()
        ));
    }
    if metadata.uid() != owner {
        found.problem(format!(
            "{}: belongs to user {}, and the data folder to user {owner}; \
             `chown {owner} {}`, or the server may be unable to use it",
            path.display(),
            metadata.uid(),
            path.display()
        ));
    }
}
