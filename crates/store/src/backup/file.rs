//! Files of `SQLite` that are made under another name and then get their own.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::ConnectOptions;

use crate::{Connection, StoreError, options::sqlite_options};

/// Another name in the same folder, which no glob for backups finds.
pub(crate) fn sibling(path: &Path, unique: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{unique}.new"));
    path.with_file_name(name)
}

/// The files that `SQLite` may leave beside a database.
pub(crate) fn journal_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["-wal", "-shm", "-journal"].into_iter().map(|end| with_end(path, end))
}

/// The path with something behind its last name.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Makes an empty file for its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A connection without any of a server's settings.
pub(crate) async fn open(path: &Path, mode: &str) -> Result<Connection, StoreError> {
    sqlx::any::install_default_drivers();
    let path = std::path::absolute(path).map_err(|reason| StoreError::Url(reason.to_string()))?;
    Ok(sqlite_options(&path, mode)?.connect().await?)
}

/// Sets the kind of journal, and fails where the file cannot have it: also where somebody uses it.
pub(crate) async fn set_journal(
    conn: &mut Connection,
    pragma: &'static str,
) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar(pragma).fetch_one(conn).await?;
    if pragma.to_lowercase().ends_with(&found) {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!("{pragma} gives {found}")))
}

/// Copies every row, and nothing that was deleted, into an empty file.
pub(crate) async fn vacuum(conn: &mut Connection, into: &Path) -> Result<(), StoreError> {
    let not_utf8 = || StoreError::Url(format!("{}: the path is not UTF-8", into.display()));
    let path = into.to_str().ok_or_else(not_utf8)?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(conn).await?;
    Ok(())
}

/// Puts what was written on the disk.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Puts the names of a folder on the disk.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or(Path::new(".")))
}

/// Gives the draft its name, unless that is taken by now.
pub(crate) fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => fs::remove_file(draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // A file system without links, as on a stick.
        Err(_) if fs::symlink_metadata(path).is_err() => fs::rename(draft, path)?,
        Err(error) => return Err(error),
    }
    sync_folder_of(path)
}

/// What root puts in place must be readable for the user as whom the programs run: the owner of
/// `model`. Whoever is not root owns it anyway.
pub(crate) fn give_to_owner(path: &Path, model: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let (old, new) = (fs::metadata(model)?, fs::metadata(path)?);
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            match chown(path, Some(old.uid()), Some(old.gid())) {
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
