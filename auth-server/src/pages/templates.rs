//! The templates: those built in, and those that the operator's folder puts in their place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::{PagesError, samples, show};

const BUILTIN: &[(&str, &str)] = &[
    ("base.html", include_str!("../../templates/base.html")),
    ("login.html", include_str!("../../templates/login.html")),
    ("consent.html", include_str!("../../templates/consent.html")),
    ("account.html", include_str!("../../templates/account.html")),
    ("error.html", include_str!("../../templates/error.html")),
];

/// The built-in templates. Everything they print is escaped, and a name that is not there is an
/// error instead of nothing.
pub(super) fn builtin(brand: Value) -> Environment<'static> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.add_global("brand", brand);
    for (name, source) in BUILTIN {
        templates.add_template(name, source).expect("tests parse the built-in templates");
    }
    templates
}

/// These templates with those of the folder in their places. Each page is shown once with samples.
pub(super) fn replaced(
    mut templates: Environment<'static>,
    folder: &Path,
) -> Result<Environment<'static>, PagesError> {
    for path in html_files(folder)? {
        let source = fs::read_to_string(&path)
            .map_err(|cause| PagesError::File { path: path.clone(), cause })?;
        let name = file_name(&path);
        templates.add_template_owned(name, source).map_err(|error| broken(folder, &error))?;
    }
    for page in &samples::pages() {
        show(&templates, &page.as_page(), "sample").map_err(|error| broken(folder, &error))?;
    }
    Ok(templates)
}

fn html_files(folder: &Path) -> Result<Vec<PathBuf>, PagesError> {
    let fault = |cause: io::Error| PagesError::File { path: folder.to_owned(), cause };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|ending| ending == "html") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The innermost reason, which names the place: an error inside an included template arrives wrapped.
fn broken(folder: &Path, error: &minijinja::Error) -> PagesError {
    let mut innermost = error;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(inner) = cause.downcast_ref::<minijinja::Error>() {
            innermost = inner;
        }
        source = cause.source();
    }
    let line = innermost.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let detail = innermost.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let reason = format!("{line}{}{detail}", innermost.kind()).replace(['\n', '\r'], " ");
    PagesError::Template { path: folder.join(innermost.name().unwrap_or_default()), reason }
}
