//! The folder of private keys: one PEM file per key pair, named by its `kid`.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use scopegate_core::signing_key::SigningKey;
use zeroize::Zeroizing;

use super::{KeyError, file};

/// More than any private key in PEM; beyond it something else lies at the path.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The folder. Clones are the same one.
#[derive(Clone, Debug)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The folder at that path; nothing is made or looked at.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The file of a key. The `kid` is a thumbprint in base64url, and so a file's name.
    pub fn path(&self, kid: &str) -> PathBuf {
        self.0.join(format!("{kid}.pem"))
    }

    /// Keeps a new key, mode 0600.
    pub fn write(&self, key: &SigningKey, pem: &str) -> Result<(), KeyError> {
        let path = self.path(key.kid());
        match file::write_new(&path, pem) {
            Ok(_) => Ok(()),
            Err(cause) => Err(KeyError::File { path, cause }),
        }
    }

    /// Reads a key. What lies there has to be the key that its name says.
    pub fn read(&self, kid: &str) -> Result<SigningKey, KeyError> {
        let path = self.path(kid);
        let text = match read(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::NoPrivateKey { path, kid: kid.to_owned() });
            }
            Err(cause) => return Err(KeyError::File { path, cause }),
        };
        match SigningKey::parse_pem(&text) {
            Ok(key) if key.kid() == kid => Ok(key),
            Ok(_) => Err(KeyError::OtherPrivateKey { path }),
            Err(cause) => Err(KeyError::PrivateKey { path, cause }),
        }
    }

    /// Whether there is a file of that key.
    pub fn holds(&self, kid: &str) -> bool {
        self.path(kid).exists()
    }

    /// Deletes a key; one that is not there is deleted already.
    pub fn remove(&self, kid: &str) -> Result<(), KeyError> {
        let path = self.path(kid);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(KeyError::File { path, cause })
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)?.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use scopegate_core::algorithm::Algorithm;

    use super::*;

    #[test]
    fn a_private_key_is_its_owners_alone_and_is_read_as_the_key_of_its_name() {
        let root = tempfile::tempdir().unwrap();
        let folder = KeyFolder::new(&root.path().join("private/signing"));
        let (key, pem) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        assert!(matches!(folder.read(key.kid()), Err(KeyError::NoPrivateKey { .. })));
        folder.write(&key, &pem).unwrap();
        assert_eq!(folder.read(key.kid()).unwrap().public(), key.public());
        let path = folder.path(key.kid());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let (other, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
        fs::rename(&path, folder.path(other.kid())).unwrap();
        assert!(matches!(folder.read(other.kid()), Err(KeyError::OtherPrivateKey { .. })), "KR06");
        fs::write(folder.path(key.kid()), "short").unwrap();
        assert!(matches!(folder.read(key.kid()), Err(KeyError::PrivateKey { .. })), "KR06");
        folder.remove(key.kid()).unwrap();
        folder.remove(key.kid()).unwrap();
        assert!(!folder.holds(key.kid()));
    }
}
