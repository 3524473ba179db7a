//! The pages that people see, as HTML. Nothing here knows HTTP.
//!
//! Templates and stylesheet are built in; the operator's folder replaces those of the same name. A
//! template of theirs that cannot show a page stops the start.

mod asset;
mod moment;
mod palette;
mod samples;
mod templates;
mod user_agent;
mod views;

use std::path::PathBuf;

use minijinja::{Environment, Value, context};

pub use self::{
    asset::Asset,
    moment::{Moment, wait},
    user_agent::in_words as device,
    views::{
        AccountView, AppView, ConsentView, ErrorView, LoginView, Page, PasswordProblem, ScopeView,
        SessionView,
    },
};
use crate::config::PageConfig;

/// The templates, ready to show pages, and what the pages link to.
pub struct Pages {
    templates: Environment<'static>,
    /// The built-in ones, for a page that a replaced template fails to show after all.
    builtin: Environment<'static>,
    stylesheet: Asset,
    logo: Asset,
}

/// Why the pages cannot be shown: one line for whoever runs the server.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A file or folder cannot be read.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A template does not parse, or does not show what it is for.
    #[error("{}: {reason}", path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The logo is no picture of a known form, or a large one.
    #[error("{}: {reason}", path.display())]
    Logo {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Pages {
    /// Reads the operator's files and shows each page once, to nobody, so that a broken template is
    /// found at the start.
    pub fn load(config: &PageConfig) -> Result<Self, PagesError> {
        let stylesheet = asset::stylesheet(config)?;
        let logo = asset::logo(config)?;
        // Paths of ours hold nothing to escape, and read better as they are.
        let brand = context! {
            name => &config.brand_name,
            logo => Value::from_safe_string(logo.path()),
            stylesheet => Value::from_safe_string(stylesheet.path()),
        };
        let builtin = templates::builtin(brand);
        let templates = match &config.templates_dir {
            Some(folder) => templates::replaced(builtin.clone(), folder)?,
            None => builtin.clone(),
        };
        Ok(Self { templates, builtin, stylesheet, logo })
    }

    /// The page as HTML. `csrf` goes into its forms.
    pub fn render(&self, page: &Page<'_>, csrf: &str) -> String {
        show(&self.templates, page, csrf).unwrap_or_else(|error| {
            tracing::error!(%error, "a replaced template failed; the built-in one is shown");
            self.show_builtin(page, csrf)
        })
    }

    fn show_builtin(&self, page: &Page<'_>, csrf: &str) -> String {
        show(&self.builtin, page, csrf).expect("tests show every page with these templates")
    }

    /// What is served under `/assets/<hash>/<name>`.
    pub fn asset(&self, hash: &str, name: &str) -> Option<&Asset> {
        [&self.stylesheet, &self.logo].into_iter().find(|asset| asset.is(hash, name))
    }
}

fn show(
    templates: &Environment<'_>,
    page: &Page<'_>,
    csrf: &str,
) -> Result<String, minijinja::Error> {
    let template = templates.get_template(page.template())?;
    template.render(context! { csrf, ..page.value() })
}

#[cfg(test)]
mod tests;
