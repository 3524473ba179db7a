//! The layers of auth-server, checked on its sources: imports point down only.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::{fs, path::Path};

/// The layers, each above those that follow it.
const LAYERS: [&str; 17] = [
    "cli", "doctor", "serve", "http", "apply", "oauth", "app", "identity", "limits", "keys",
    "pages", "audit", "metrics", "config", "fault", "id", "secret",
];

#[test]
fn imports_point_down_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    for (at, layer) in LAYERS.iter().enumerate() {
        for (file, text) in sources(&source, layer) {
            for higher in &LAYERS[..at] {
                if imports(&text, higher) {
                    upward.push(format!("{file} imports {higher}"));
                }
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn nothing_below_http_knows_http() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for layer in ["oauth", "apply", "app", "identity", "limits", "keys", "pages"] {
        for (file, text) in sources(&source, layer) {
            for name in ["axum::", "http::", "hyper::", "tower_http::"] {
                assert!(!text.contains(&format!("use {name}")), "{file} uses {name}");
            }
        }
    }
}

#[test]
fn oxide_auth_stays_in_its_folder() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for layer in LAYERS {
        for (file, text) in sources(&source, layer) {
            let inside = file.contains("oauth/oxide/");
            assert!(inside || !text.contains("oxide_auth"), "{file} uses oxide-auth");
        }
    }
}

/// The text of `<layer>.rs` and of every file under `<layer>/`.
fn sources(source: &Path, layer: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&source.join(format!("{layer}.rs")), &mut found);
    collect(&source.join(layer), &mut found);
    assert!(!found.is_empty(), "no layer {layer}");
    found
}

fn collect(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
    } else if path.is_file() && path.extension().is_some_and(|ending| ending == "rs") {
        found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
    }
}

/// Whether the text names the module: `crate::layer`, alone or in a group of imports.
fn imports(text: &str, layer: &str) -> bool {
    let direct = format!("crate::{layer}");
    let next = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if text.match_indices(&direct).any(|(at, _)| next(&text[at + direct.len()..])) {
        return true;
    }
    text.split("use crate::{").skip(1).any(|rest| {
        let group = &rest[..rest.find("};").unwrap_or(rest.len())];
        top_level(group).iter().any(|name| name == layer)
    })
}

/// The first path segments of an import group, without what stands in nested braces.
fn top_level(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut flat = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 => flat.push(c),
            _ => {}
        }
    }
    flat.split(',')
        .map(|path| path.trim().split("::").next().unwrap_or_default().to_owned())
        .collect()
}
