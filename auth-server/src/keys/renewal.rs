//! New keys in the place of all old ones, so that nothing that was signed before is good any more.

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use scopegate_store::{backup::CarriedFile, signing_keys::NewSigningKey};

use super::{
    KeyError, carried,
    folder::KeyFolder,
    rotation,
    shared_lines::{self, SharedLines},
};
use crate::config::KeyConfig;

/// A renewal of every key that signs.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// Where the keys are.
    pub keys: &'a KeyConfig,
    /// Whether the shared key was renewed by hand, where no command can write it.
    pub is_shared_new: bool,
}

impl Renewal<'_> {
    /// Fails unless the shared key can be replaced. Changes nothing.
    pub fn check(&self) -> Result<(), KeyError> {
        if !self.takes_shared() {
            return Ok(());
        }
        let path = &self.keys.shared_key_file;
        carried::check_writable(path).map_err(|error| match error {
            KeyError::File { path, cause } => KeyError::SharedKeyFixed { path, cause },
            other => other,
        })
    }

    /// With a key that was renewed by hand: fails where it is one of those that a backup carries.
    pub fn check_against(&self, carried: &[CarriedFile]) -> Result<(), KeyError> {
        if !self.is_shared_new {
            return Ok(());
        }
        let path = &self.keys.shared_key_file;
        let old = carried::shared_kids(carried);
        let here = SharedLines::open(path)?;
        match here
            .as_ref()
            .and_then(|lines| lines.kids().find(|kid| old.iter().any(|old| old == kid)))
        {
            None => Ok(()),
            Some(kid) => Err(KeyError::SharedKeyOld { path: path.clone(), kid: kid.to_owned() }),
        }
    }

    /// What is left to be done about the shared key on other machines, where there is one.
    pub fn told_shared(&self) -> Option<String> {
        let path = self.keys.shared_key_file.display();
        if self.takes_shared() {
            Some(format!(
                "{path} holds a new key alone: copy it to every machine that has this file; until \
                 then that machine still takes old tokens, and one with auth-server still signs \
                 with the old key"
            ))
        } else if self.is_shared_new {
            Some(format!(
                "that {path} holds no old key is taken from --shared-key-is-new, and not known; \
                 where an old one stands, here or on another machine, old tokens are still good"
            ))
        } else {
            None
        }
    }

    /// Makes the key pair that will sign, where key pairs do. Its file comes first, then its row.
    pub async fn make_pair(&self, now: Timestamp) -> Result<Option<NewSigningKey>, KeyError> {
        if !self.keys.signing_alg.is_asymmetric() {
            return Ok(None);
        }
        let folder = KeyFolder::new(&self.keys.signing_dir);
        rotation::generate(&folder, self.keys.signing_alg, now, now).await.map(Some)
    }

    /// Takes a key pair away whose row was not written. A file that stays does no harm.
    pub fn unmake(&self, pair: Option<&NewSigningKey>) {
        if let Some(pair) = pair {
            let _ = KeyFolder::new(&self.keys.signing_dir).remove(&pair.kid);
        }
    }

    /// Puts a new shared key alone into its file.
    pub fn renew_shared(&self) -> Result<(), KeyError> {
        if self.takes_shared() { shared_lines::renew(&self.keys.shared_key_file) } else { Ok(()) }
    }

    /// A file that is there counts even where the settings do not need it: they may change back.
    fn takes_shared(&self) -> bool {
        let is_used = self.keys.verify_algs.contains(&Algorithm::Hs256);
        !self.is_shared_new && (is_used || self.keys.shared_key_file.exists())
    }
}
