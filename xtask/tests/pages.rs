//! The pages that name files and tests name those that there are.

use std::{fs, path::Path};

const PAGES: [&str; 2] = ["docs/rfc-matrix.md", "docs/threat-model.md"];

#[test]
fn every_file_and_test_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut missing = Vec::new();
    for page in PAGES {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let named: Vec<&str> = named(&text).collect();
        assert!(named.len() > 20, "{page} names {} files", named.len());
        let lost = named.into_iter().filter(|name| !is_there(root, name));
        missing.extend(lost.map(str::to_owned));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_row_of_the_matrix_has_a_file_and_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join(PAGES[0])).unwrap();
    let (clauses, _) = text.split_once("## Where it differs").unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| clause");
    for row in clauses.lines().filter(is_row) {
        let tests = named(row).filter(|name| name.contains("::")).count();
        assert_eq!((named(row).count() - tests, tests), (1, 1), "{row}");
    }
}

/// What stands between backticks and looks like a file of the sources, with or without a test in it.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|name| name.contains(".rs"))
}

/// Whether the file is there and holds the test, `path/to/file.rs::name_of_the_test`.
fn is_there(root: &Path, name: &str) -> bool {
    let (path, test) =
        name.split_once("::").map_or((name, None), |(path, test)| (path, Some(test)));
    let Ok(source) = fs::read_to_string(root.join(path)) else { return false };
    test.is_none_or(|test| {
        let before = source.split(&format!("fn {test}(")).next().filter(|rest| *rest != source);
        // Above the name stand its attributes, of which one makes it a test.
        let above = before.map(|before| before.lines().rev().take(4).collect::<String>());
        above.is_some_and(|above| above.contains("test]") || above.contains("test(flavor"))
    })
}
