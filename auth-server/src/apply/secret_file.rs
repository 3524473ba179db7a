//! The first secret of a confidential client that the file gives none: made here, left in a file for
//! whoever sets the client up.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ApplyError;
use crate::{
    id,
    identity::ClientId,
    keys::file,
    oauth::client_secret::{check_given, sha256_hex},
    secret::Secret,
};

/// A secret on disk, which the store does not know yet.
#[derive(Debug)]
pub(super) struct SecretFile {
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    made: bool,
}

/// What stands for itself in a file name. A dot does not: an id may be `..`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

impl SecretFile {
    /// Makes the client's secret and its file, before the store learns of it: a secret that was
    /// committed and then lost would be worse than a file that nothing knows.
    ///
    /// A file that is there already was left by an apply that did not come to its end, or belongs
    /// to one that runs at the same moment; its secret is taken.
    pub(super) fn keep(private_dir: &Path, client: &ClientId) -> Result<Self, ApplyError> {
        let path = path_of(private_dir, client);
        let fault = |cause| ApplyError::SecretFile { path: path.clone(), cause };
        let fresh = format!("{}\n", id::client_secret().expose());
        let made = file::write_new(&path, &fresh).map_err(fault)?;
        let secret = read(&path).map_err(fault)?;
        Ok(Self { sha256: sha256_hex(&secret), path, made })
    }

    /// Takes the file away again if it was made for nothing: the client has another secret, because
    /// somebody else added it meanwhile.
    pub(super) fn discard_unless(&self, in_force: Option<&str>) {
        if self.made && in_force.is_some_and(|in_force| in_force != self.sha256) {
            // What stays would only be a secret that opens nothing.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn path_of(private_dir: &Path, client: &ClientId) -> PathBuf {
    let name = utf8_percent_encode(client.as_str(), NAME);
    private_dir.join("clients").join(format!("{name}.secret"))
}

fn read(path: &Path) -> io::Result<Secret> {
    let content = Secret::new(fs::read_to_string(path)?);
    let secret = Secret::new(content.expose().trim_end().to_owned());
    match check_given(&secret) {
        Ok(()) => Ok(secret),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is there and holds no client secret; move it away",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn client(id: &str) -> ClientId {
        ClientId::parse(id).expect("a client id")
    }

    #[test]
    fn a_secret_file_is_its_owners_alone_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let first = SecretFile::keep(folder.path(), &client("web")).unwrap();
        let second = SecretFile::keep(folder.path(), &client("web")).unwrap();
        assert_eq!(first.path, folder.path().join("clients/web.secret"));
        assert_eq!(first.sha256, second.sha256);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&first.path), mode(first.path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_file_made_for_nothing_is_taken_away_and_another_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let made = SecretFile::keep(folder.path(), &client("web")).unwrap();
        let found = SecretFile::keep(folder.path(), &client("web")).unwrap();
        found.discard_unless(Some("another"));
        made.discard_unless(Some(&made.sha256));
        made.discard_unless(None);
        assert!(made.path.exists());
        made.discard_unless(Some("another"));
        assert!(!made.path.exists());
    }

    #[test]
    fn no_client_id_leads_out_of_the_folder() {
        let folder = Path::new("/private");
        for (id, expected) in [
            ("web", "/private/clients/web.secret"),
            ("..", "/private/clients/%2E%2E.secret"),
            ("../../etc/passwd", "/private/clients/%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.secret"),
            ("https://app.example", "/private/clients/https%3A%2F%2Fapp%2Eexample.secret"),
        ] {
            // A colon is no part of a client id; the rule of the file name does not rely on it.
            let Ok(id) = ClientId::parse(id) else { continue };
            assert_eq!(path_of(folder, &id), Path::new(expected), "CWE-22");
        }
    }

    #[test]
    fn a_file_without_a_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        file::write_new(&folder.path().join("clients/web.secret"), "short\n").unwrap();
        let error = SecretFile::keep(folder.path(), &client("web")).unwrap_err().to_string();
        assert!(error.ends_with("move it away"), "{error}");
    }
}
