use std::{fs, path::Path};

use super::{samples::Sample, *};
use crate::config::pages::Color;

const PAYLOADS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "{{ 7 * 7 }}</title><svg onload=alert(1)>",
];

fn config() -> PageConfig {
    PageConfig {
        brand_name: "Scopegate".into(),
        brand_color: Color { rgb: [0x1d, 0x5b, 0x8c] },
        brand_logo: None,
        templates_dir: None,
    }
}

fn with_templates(files: &[(&str, &str)]) -> Result<Pages, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let config = PageConfig { templates_dir: Some(folder.path().to_owned()), ..config() };
    Pages::load(&config)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn every_built_in_page_can_be_shown() {
    let pages = Pages::load(&config()).unwrap();
    for sample in samples::pages() {
        let html = show(&pages.builtin, &sample.as_page(), "token").unwrap();
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{html}");
        assert!(html.contains("<main") && html.contains("<h1>"), "{html}");
    }
}

#[test]
fn every_form_that_posts_carries_the_csrf_token() {
    let pages = Pages::load(&config()).unwrap();
    for sample in samples::pages() {
        let html = pages.render(&sample.as_page(), "the-token");
        let forms = html.matches("<form").count();
        assert_eq!(html.matches("method=\"post\"").count(), forms, "{html}");
        assert_eq!(html.matches("name=\"csrf\" value=\"the-token\"").count(), forms, "{html}");
    }
}

#[test]
fn ij03_whatever_a_page_shows_is_escaped() {
    for payload in PAYLOADS {
        let mut config = config();
        payload.clone_into(&mut config.brand_name);
        let pages = Pages::load(&config).unwrap();
        for sample in hostile(payload) {
            let html = pages.render(&sample.as_page(), payload);
            assert!(!html.contains(payload), "{html}");
            for tag in ["<script", "<svg", "<img src=x", "<img src=\"x", "onfocus='"] {
                assert!(!html.contains(tag), "{tag} of {payload} in {html}");
            }
        }
    }
}

fn hostile(text: &str) -> Vec<Sample> {
    let owned = || text.to_owned();
    let scopes = || vec![ScopeView { name: owned(), description: owned() }];
    let moment = || Moment { iso: owned(), words: owned() };
    vec![
        Sample::Login(LoginView {
            request: Some(owned()),
            client_name: Some(owned()),
            username: owned(),
            ..LoginView::default()
        }),
        Sample::Consent(ConsentView {
            client_name: owned(),
            client_id: owned(),
            username: owned(),
            scopes: scopes(),
            goes_to: owned(),
            request: owned(),
        }),
        Sample::Account(Box::new(AccountView {
            username: owned(),
            full_name: Some(owned()),
            apps: vec![AppView {
                name: owned(),
                client_id: owned(),
                scopes: scopes(),
                allowed: moment(),
                last_used: Some(moment()),
            }],
            sessions: vec![SessionView {
                id: owned(),
                device: owned(),
                started: moment(),
                seen: moment(),
                current: false,
            }],
            min_chars: 8,
            notice: None,
            problem: Some(PasswordProblem { field: "new", text: owned() }),
        })),
        Sample::Error(ErrorView {
            title: owned(),
            text: owned(),
            advice: vec![owned()],
            request_id: Some(owned()),
        }),
    ]
}

#[test]
fn the_operators_templates_take_the_place_of_the_built_in_ones() {
    let pages = with_templates(&[
        ("base.html", "<p>Ours: {{ brand.name }}</p>{% block content %}{% endblock %}"),
        ("login.html", "{% include 'part.html' %}"),
        ("part.html", "<b>{{ username }}</b>"),
        ("notes.txt", "{% not a template"),
        ("style.css", "b { color: red }"),
    ])
    .unwrap();
    let login = LoginView { username: "<i>".into(), ..LoginView::default() };
    assert_eq!(pages.render(&Page::Login(&login), ""), "<b>&lt;i&gt;</b>");
    let error = pages.render(&Page::Error(&ErrorView::default()), "");
    assert!(error.starts_with("<p>Ours: Scopegate</p>"), "{error}");
    let stylesheet = String::from_utf8(pages.stylesheet.content.to_vec()).unwrap();
    assert!(stylesheet.contains("--brand: #1d5b8c") && stylesheet.ends_with("b { color: red }"));
}

#[test]
fn a_broken_template_is_refused_at_the_start_in_one_line() {
    for (name, text, expected) in [
        ("login.html", "a\n{% if %}", "login.html: line 2: syntax error: unexpected end of block"),
        ("consent.html", "\n\n{{ usernam }}", "consent.html: line 3: undefined value"),
        ("account.html", "{{ problem.colour }}", "account.html: line 1: undefined value"),
        ("part.html", "{{", "part.html: line 1: syntax error: unexpected end of input"),
        ("error.html", "{% include 'x.html' %}", "error.html: line 1: template not found"),
    ] {
        let error = with_templates(&[(name, text)]).err().unwrap_or_default();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{name}: {error}");
    }
}

#[test]
fn a_missing_folder_or_an_unfit_logo_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.png");
    fs::write(&large, vec![0; 256 * 1024 + 1]).unwrap();
    let logo = |path: &Path| PageConfig { brand_logo: Some(path.to_owned()), ..config() };
    let missing = PageConfig { templates_dir: Some(folder.path().join("no")), ..config() };
    for (name, config, expected) in [
        ("no folder", missing, "No such file or directory"),
        ("no logo", logo(&folder.path().join("logo.svg")), "No such file or directory"),
        ("another form", logo(Path::new("logo.gif")), "not a logo"),
        ("too large", logo(&large), "a logo has 256 KiB at most"),
    ] {
        let error = Pages::load(&config).err().expect(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn an_asset_is_found_by_its_own_path_alone() {
    let pages = Pages::load(&config()).unwrap();
    let path = pages.stylesheet.path();
    let hash = path.split('/').nth(2).unwrap();
    assert!(pages.asset(hash, "style.css").is_some());
    assert!(pages.asset(hash, "logo.svg").is_none());
    assert!(pages.asset("old", "style.css").is_none());
    let other =
        Pages::load(&PageConfig { brand_color: Color { rgb: [0; 3] }, ..config() }).unwrap();
    assert_ne!(other.stylesheet.path(), path);
}
