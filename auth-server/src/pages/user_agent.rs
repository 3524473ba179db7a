//! A browser's User-Agent header in words, so that people recognise their own sessions.

/// What stands in the header, and what people call it; the first match counts, since browsers name
/// those whose pages they want to be shown.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The browser and the system: `Firefox on Linux`. Whoever sends the header chooses what it says.
pub fn in_words(header: Option<&str>) -> String {
    let header = header.unwrap_or_default();
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(needle, _)| header.contains(needle)).map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_as_people_call_them() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (header, expected) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/139.0.0.0 Safari/537.36"), "Chrome on Linux"),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0"), "Edge on Windows"),
            (format!("Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/139.0.0.0 Mobile Safari/537.36"), "Chrome on Android"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0".into(), "Firefox on macOS"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1".into(), "Safari on iPhone"),
            ("curl/8.5.0".into(), "curl"),
            ("Something (Linux)".into(), "A browser on Linux"),
            ("<script>alert(1)</script>".into(), "An unknown browser"),
        ] {
            assert_eq!(in_words(Some(&header)), expected, "{header}");
        }
        assert_eq!(in_words(None), "An unknown browser");
    }
}
