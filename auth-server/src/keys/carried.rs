//! The key files that a backup of the store carries, and their way back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use scopegate_core::{key::SharedKeys, signing_key::SigningKey};
use scopegate_store::backup::CarriedFile;
use zeroize::Zeroizing;

use super::{KeyError, ServerKey, file, folder::KeyFolder};
use crate::config::KeyConfig;

const SERVER: &str = "server.key";
const SHARED: &str = "shared.key";
const SIGNING: &str = "signing/";

/// What is there to be carried.
#[derive(Debug, Default)]
pub struct Collected {
    /// The files.
    pub files: Vec<CarriedFile>,
    /// The ids of key pairs whose private halves are not here.
    pub missing: Vec<String>,
}

/// Which of the files that a backup carries are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// The server key alone: the others are void.
    ServerKey,
}

/// Files that are to be put back, because something else is in their place or nothing.
#[derive(Debug)]
pub struct PutBack(Vec<(PathBuf, Zeroizing<Vec<u8>>)>);

/// Files that were put back, each with the other name of what was in its place.
#[derive(Debug, Default)]
pub struct Written(Vec<(PathBuf, Option<PathBuf>)>);

/// Reads the key files: of the key pairs those with these ids.
pub fn collect(config: &KeyConfig, kids: &[String]) -> Result<Collected, KeyError> {
    let folder = KeyFolder::new(&config.signing_dir);
    let (here, missing) = kids.iter().cloned().partition::<Vec<_>, _>(|kid| folder.holds(kid));
    let named = [
        (SERVER.to_owned(), config.server_key_file.clone()),
        (SHARED.to_owned(), config.shared_key_file.clone()),
    ];
    let pairs = here.iter().map(|kid| (format!("{SIGNING}{kid}"), folder.path(kid)));
    let mut files = Vec::new();
    for (name, path) in named.into_iter().chain(pairs) {
        if let Some(content) = read(&path)? {
            files.push(CarriedFile { name, content: Zeroizing::new(STANDARD.encode(&content)) });
        }
    }
    Ok(Collected { files, missing })
}

/// The ids of the shared keys among the files of a backup.
pub(super) fn shared_kids(files: &[CarriedFile]) -> Vec<String> {
    let shared = files.iter().find(|file| file.name == SHARED);
    let content = shared.and_then(|file| STANDARD.decode(file.content.as_bytes()).ok());
    let content = Zeroizing::new(content.unwrap_or_default());
    let keys = SharedKeys::parse(&content).ok();
    keys.iter().flat_map(SharedKeys::iter).map(|key| key.kid().to_owned()).collect()
}

impl PutBack {
    /// Finds out what has to be written, and that it can be. Each file has to be what its name says;
    /// `fingerprint` is that of the server key that the store was made with.
    pub fn plan(
        config: &KeyConfig,
        files: &[CarriedFile],
        wanted: Wanted,
        fingerprint: Option<&str>,
    ) -> Result<Self, KeyError> {
        let mut plan = Vec::new();
        for carried in files {
            if wanted == Wanted::ServerKey && carried.name != SERVER {
                continue;
            }
            let bad = || KeyError::Carried(carried.name.escape_debug().to_string());
            let content = STANDARD.decode(carried.content.as_bytes()).map_err(|_| bad())?;
            let content = Zeroizing::new(content);
            let path = home(config, &carried.name, &content, fingerprint).ok_or_else(bad)?;
            if read(&path)?.is_none_or(|there| there != content) {
                check_writable(&path)?;
                plan.push((path, content));
            }
        }
        Ok(Self(plan))
    }

    /// Whether that file is among them.
    pub fn brings(&self, path: &Path) -> bool {
        self.0.iter().any(|(to, _)| to == path)
    }

    /// Writes all of them, mode 0600, or none. What was in their place goes on under a name with that
    /// stamp.
    pub fn write(&self, stamp: &str) -> Result<Written, KeyError> {
        let mut written = Written::default();
        for (path, content) in &self.0 {
            match write(path, content, stamp) {
                Ok(aside) => written.0.push((path.clone(), aside)),
                Err(cause) => {
                    written.undo();
                    return Err(KeyError::File { path: path.clone(), cause });
                }
            }
        }
        Ok(written)
    }
}

impl Written {
    /// Where the files are now that were there before.
    pub fn aside(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|(_, aside)| aside.as_deref())
    }

    /// Puts everything back as it was.
    pub fn undo(&self) {
        for (path, aside) in &self.0 {
            // What cannot be undone is told by the next start, which names the file.
            let _ = match aside {
                Some(aside) => fs::canonicalize(path).and_then(|path| fs::rename(aside, path)),
                None => fs::remove_file(path),
            };
        }
    }
}

/// Writes one file, and answers with the other name of what was there.
fn write(path: &Path, content: &[u8], stamp: &str) -> io::Result<Option<PathBuf>> {
    if file::write_new(path, content)? {
        return Ok(None);
    }
    let aside = keep(path, stamp)?;
    file::replace(path, content)?;
    Ok(Some(aside))
}

/// Fails unless the file can be made or replaced. Changes nothing.
pub fn check_writable(path: &Path) -> Result<(), KeyError> {
    file::check_writable(path).map_err(|cause| KeyError::File { path: path.to_owned(), cause })
}

/// Where a carried file belongs, provided that it is what its name says.
fn home(
    config: &KeyConfig,
    name: &str,
    content: &[u8],
    fingerprint: Option<&str>,
) -> Option<PathBuf> {
    if name == SHARED {
        return SharedKeys::parse(content).ok().map(|_| config.shared_key_file.clone());
    }
    let text = std::str::from_utf8(content).ok()?;
    if name == SERVER {
        let key = ServerKey::parse(text)?;
        let is_known = fingerprint.is_none_or(|known| known == key.fingerprint());
        return is_known.then(|| config.server_key_file.clone());
    }
    // A key's own id is a thumbprint in base64url, and so no way out of the folder.
    let key = SigningKey::parse_pem(text).ok()?;
    let is_it = name.strip_prefix(SIGNING) == Some(key.kid());
    is_it.then(|| KeyFolder::new(&config.signing_dir).path(key.kid()))
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(Zeroizing::new(content))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(KeyError::File { path: path.to_owned(), cause }),
    }
}

fn keep(path: &Path, stamp: &str) -> io::Result<PathBuf> {
    let path = fs::canonicalize(path)?;
    let mut aside = path.clone().into_os_string();
    aside.push(format!(".replaced-{stamp}"));
    let aside = PathBuf::from(aside);
    fs::hard_link(&path, &aside)?;
    Ok(aside)
}
