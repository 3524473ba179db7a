//! Secret files: made whole or not at all, for their owner only, never overwritten by accident.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown},
    path::Path,
};

use crate::id;

/// Writes a file of mode 0600 (and its folders, 0700) unless it is there. Says whether it wrote.
///
/// The content is on disk under another name before the file's own name appears, so that neither a
/// crash nor a second process that starts at the same moment leaves or sees half a key.
pub fn write_new(path: &Path, content: impl AsRef<[u8]>) -> io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    make_folder(folder)?;
    if path.try_exists()? {
        return Ok(false);
    }
    let draft = folder.join(format!(".{}.new", id::token_id()));
    let written = write_synced(&draft, content.as_ref())
        .and_then(|()| give_to_owner_of(folder, &draft))
        .and_then(|()| publish(&draft, path));
    let removed = fs::remove_file(&draft);
    // The first error is the reason; the draft may never have been there.
    let written = written?;
    removed?;
    if written {
        fs::File::open(folder)?.sync_all()?;
        Ok(true)
    } else {
        Ok(false)
    }
}

/// Puts another content in the place of a file that is there, with its owner and mode 0600. Whoever
/// reads it meanwhile reads the old one or the new one whole.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // The file itself and not a link to it, which may lie in a folder of somebody else.
    let path = fs::canonicalize(path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let old = fs::metadata(&path)?;
    let draft = folder.join(format!(".{}.new", id::token_id()));
    let written = write_synced(&draft, content)
        .and_then(|()| keep_owner(&draft, &old))
        .and_then(|()| fs::rename(&draft, &path));
    if let Err(error) = written {
        // The reason is the first error; the draft may never have been there.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    fs::File::open(folder)?.sync_all()
}

/// Fails unless a file can be made there, or put in the place of the one that is there. Changes nothing
/// but for the folder, which is made.
pub fn check_writable(path: &Path) -> io::Result<()> {
    let path = if path.try_exists()? { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    make_folder(folder)?;
    let draft = folder.join(format!(".{}.new", id::token_id()));
    write_synced(&draft, b"")?;
    fs::remove_file(&draft)?;
    check_not_mounted(&path, &draft)
}

/// A file that is mounted by itself, as a secret of Docker is, cannot be renamed over. No link leads
/// out of a mount, and so an attempt finds out without changing anything.
fn check_not_mounted(path: &Path, draft: &Path) -> io::Result<()> {
    match fs::hard_link(path, draft) {
        Ok(()) => fs::remove_file(draft),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let reason = "it is mounted by itself, so nothing can take its place";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, reason))
        }
        // There is no file yet, or no link of it may be made: neither says anything.
        Err(_) => Ok(()),
    }
}

/// What root writes for the programs must be readable for the user as whom they run, to whom the
/// folder belongs.
fn give_to_owner_of(folder: &Path, draft: &Path) -> io::Result<()> {
    if rustix::process::geteuid().is_root() {
        keep_owner(draft, &fs::metadata(folder)?)
    } else {
        Ok(())
    }
}

/// A file that root replaces must stay readable for the user as whom the programs run.
fn keep_owner(draft: &Path, old: &fs::Metadata) -> io::Result<()> {
    let new = fs::metadata(draft)?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    chown(draft, Some(old.uid()), Some(old.gid()))
}

/// Makes a folder of mode 0700, and those above it, unless it is there.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A link, unlike a rename, does not replace what another process made meanwhile.
fn publish(draft: &Path, path: &Path) -> io::Result<bool> {
    match fs::hard_link(draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_file_is_its_owners_alone_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private/server.key");
        assert!(write_new(&path, "first").unwrap());
        assert!(!write_new(&path, "second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_replaced_file_is_whole_its_owners_alone_and_still_where_a_link_points() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("real.key");
        let link = folder.path().join("shared.key");
        assert!(replace(&path, b"x").is_err(), "there is nothing to replace");
        fs::write(&path, "first").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
    }
}
