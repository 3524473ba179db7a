//! How the pages that people see look: the operator's name, colour, logo and templates.

use std::path::PathBuf;

use scopegate_settings::{Setting, SettingsError, Values};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new("brand-name", "NAME", "Name at the top of every page").or("Scopegate"),
    Setting::new("brand-color", "#RRGGBB", "Colour of buttons and links").or("#1d5b8c"),
    Setting::new("brand-logo", "FILE", "Logo at the top of every page: SVG, PNG, WebP or JPEG"),
    Setting::new(
        "templates-dir",
        "DIR",
        "Folder of templates, and a style.css, that replace the built-in ones of the same name",
    ),
];

/// The longest brand name, in characters.
const MAX_NAME: usize = 60;

/// How the pages look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageConfig {
    /// The name at the top.
    pub brand_name: String,
    /// The colour of buttons and links.
    pub brand_color: Color,
    /// The logo's file.
    pub brand_logo: Option<PathBuf>,
    /// Where templates are that replace the built-in ones.
    pub templates_dir: Option<PathBuf>,
}

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

impl PageConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        Ok(Self {
            brand_name: values.required("brand-name", name)?,
            brand_color: values.required("brand-color", Color::parse)?,
            brand_logo: values.optional_path("brand-logo")?,
            templates_dir: values.optional_path("templates-dir")?,
        })
    }
}

impl Color {
    /// Parses `#rrggbb`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const REASON: &str = "not a colour; write it like #1d5b8c";
        let digits = text.strip_prefix('#').ok_or(REASON)?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(REASON);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| REASON)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self { rgb: [red, green, blue] })
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > MAX_NAME || text.contains(char::is_control) {
        return Err("not a name; it has 1 to 60 characters on one line");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_hash_and_six_digits() {
        for (text, expected) in [
            ("#1d5b8c", Some([0x1d, 0x5b, 0x8c])),
            ("#FFFFFF", Some([255, 255, 255])),
            ("1d5b8c", None),
            ("#1d5", None),
            ("#1d5b8c00", None),
            ("#+1d5b8", None),
            ("red", None),
            ("#1d5b8c;}", None),
            ("", None),
        ] {
            assert_eq!(Color::parse(text).ok().map(|color| color.rgb), expected, "{text}");
        }
    }
}
