//! The files that pages link to: stylesheet and logo, each under a path that names its content.

use std::{fs, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{PagesError, palette};
use crate::config::PageConfig;

/// A file that is served with the pages.
#[derive(Clone, Debug)]
pub struct Asset {
    name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub content: Arc<[u8]>,
    hash: String,
}

/// A larger logo would be the slowest part of every page.
const MAX_LOGO: usize = 256 * 1024;

/// Endings of the logo's file, the name it is served under, and its media type.
const LOGOS: &[(&str, &str, &str)] = &[
    ("svg", "logo.svg", "image/svg+xml"),
    ("png", "logo.png", "image/png"),
    ("webp", "logo.webp", "image/webp"),
    ("jpg", "logo.jpg", "image/jpeg"),
    ("jpeg", "logo.jpg", "image/jpeg"),
];

impl Asset {
    fn new(name: &'static str, content_type: &'static str, content: Vec<u8>) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&content)[..12]);
        Self { name, content_type, content: content.into(), hash }
    }

    /// Where it is served. Other content gets another path, so that browsers may keep it for ever.
    pub fn path(&self) -> String {
        format!("/assets/{}/{}", self.hash, self.name)
    }

    pub(super) fn is(&self, hash: &str, name: &str) -> bool {
        self.hash == hash && self.name == name
    }
}

/// The colours of the brand, then the operator's stylesheet or the built-in one.
pub(super) fn stylesheet(config: &PageConfig) -> Result<Asset, PagesError> {
    let replaced = config.templates_dir.as_ref().map(|folder| folder.join("style.css"));
    let rules = match replaced.filter(|path| path.exists()) {
        Some(path) => {
            fs::read_to_string(&path).map_err(|cause| PagesError::File { path, cause })?
        }
        None => include_str!("../../assets/style.css").to_owned(),
    };
    let text = palette::properties(config.brand_color) + &rules;
    Ok(Asset::new("style.css", "text/css; charset=utf-8", text.into_bytes()))
}

/// The operator's logo, or the built-in one.
pub(super) fn logo(config: &PageConfig) -> Result<Asset, PagesError> {
    let Some(path) = &config.brand_logo else {
        let content = include_bytes!("../../assets/logo.svg").to_vec();
        return Ok(Asset::new("logo.svg", "image/svg+xml", content));
    };
    let refuse = |reason| PagesError::Logo { path: path.clone(), reason };
    let (_, name, content_type) =
        kind(path).ok_or_else(|| refuse("not a logo; it ends in .svg, .png, .webp or .jpg"))?;
    let content = fs::read(path).map_err(|cause| PagesError::File { path: path.clone(), cause })?;
    if content.len() > MAX_LOGO {
        return Err(refuse("a logo has 256 KiB at most"));
    }
    Ok(Asset::new(name, content_type, content))
}

fn kind(path: &Path) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let ending = path.extension()?.to_str()?;
    LOGOS.iter().find(|(known, ..)| ending.eq_ignore_ascii_case(known))
}
