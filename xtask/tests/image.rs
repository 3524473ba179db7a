//! What the container image is built from: every member of the workspace, or cargo refuses all of them.

use std::{fs, path::Path};

#[test]
fn the_image_is_built_from_every_member_of_the_workspace() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let ignored = fs::read_to_string(root.join(".dockerignore")).unwrap();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() > 5, "{members:?}");
    for member in members {
        let top = member.split('/').next().unwrap();
        let goes_in = ignored.lines().any(|line| line.strip_prefix('!') == Some(top));
        assert!(goes_in, "{member} is not let into the image by .dockerignore");
    }
}
