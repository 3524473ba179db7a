//! From the operator's one colour to those of the pages, each readable where it stands (WCAG 2.2
//! §1.4.3).

use crate::config::pages::Color;

const WHITE: Color = Color { rgb: [255; 3] };
const BLACK: Color = Color { rgb: [0; 3] };

/// What the pages stand on in the light and in the dark: `--surface` of the stylesheet.
const SURFACES: [Color; 2] = [WHITE, Color { rgb: [0x19, 0x1f, 0x26] }];

/// The contrast that text needs.
const TEXT: f64 = 4.5;

/// The first lines of the stylesheet: the colours made from `brand`, for light and dark.
pub fn properties(brand: Color) -> String {
    let (fill, text) = (hex(brand), hex(text_on(brand)));
    let [light, dark] = SURFACES.map(|surface| hex(readable(brand, surface)));
    format!(
        ":root {{ --brand: {fill}; --on-brand: {text}; --accent: {light}; }}\n\
         @media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; }} }}\n\n"
    )
}

/// The colour nearest to `color` that can be read on `surface`: away from it, step by step.
fn readable(color: Color, surface: Color) -> Color {
    let away = text_on(surface);
    (0..=100u16)
        .map(|percent| mix(color, away, percent))
        .find(|mixed| contrast(*mixed, surface) >= TEXT)
        .unwrap_or(away)
}

/// Black or white, whichever is easier to read; one of them always has a contrast of 4.58 or more.
fn text_on(ground: Color) -> Color {
    if contrast(WHITE, ground) >= contrast(BLACK, ground) { WHITE } else { BLACK }
}

fn mix(color: Color, into: Color, percent: u16) -> Color {
    let channel = |at: usize| {
        let (from, to) = (u16::from(color.rgb[at]), u16::from(into.rgb[at]));
        u8::try_from((from * (100 - percent) + to * percent) / 100).unwrap_or(u8::MAX)
    };
    Color { rgb: [channel(0), channel(1), channel(2)] }
}

/// The contrast ratio of two colours, from 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: Color) -> f64 {
    let [red, green, blue] = color.rgb.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn hex(color: Color) -> String {
    let [red, green, blue] = color.rgb;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let grey = Color { rgb: [0x76; 3] };
        assert!((contrast(WHITE, BLACK) - 21.0).abs() < 1e-9);
        assert!((contrast(WHITE, grey) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_colour_becomes_readable_in_light_and_dark() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let brand = Color { rgb: [red, green, blue] };
                    assert!(contrast(brand, text_on(brand)) >= TEXT, "{brand:?}");
                    for surface in SURFACES {
                        assert!(contrast(readable(brand, surface), surface) >= TEXT, "{brand:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_that_is_readable_stays_what_it_is() {
        let blue = Color { rgb: [0x1d, 0x5b, 0x8c] };
        assert_eq!(readable(blue, WHITE), blue);
        assert!(properties(blue).starts_with(":root { --brand: #1d5b8c; --on-brand: #ffffff;"));
    }
}
