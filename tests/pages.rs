//! The pages in a real browser: by keyboard, at every width, in light and dark, and with names that
//! try to be scripts.

use serde_json::Value;

use crate::harness::{AuthServer, Browser, Place, free_port, skip};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Whatever it is shown as, it is no markup; `pwned` would be set if it were.
const PAYLOADS: [&str; 2] =
    ["<img src=x onerror=\"window.pwned=1\">", "\"><script>window.pwned=1</script>"];

/// A server where a browser finds it, and an app whose redirect URI leads to that server again: it
/// answers, and a page that says little is all that the stories need.
struct Site {
    url: String,
    app: String,
    place: Place,
    _server: AuthServer,
}

impl Site {
    async fn start() -> Self {
        let place = Place::demo();
        let port = free_port();
        let url = format!("http://localhost:{port}");
        let server = AuthServer::with(&place, |settings| {
            settings.set("listen", format!("127.0.0.1:{port}")).set("issuer", &url);
        })
        .await;
        let app = format!("http://127.0.0.1:{port}/health/live");
        add_client(&place, "app", "Web app", &app);
        Self { url, app, place, _server: server }
    }

    /// What an app sends its users to.
    fn authorize(&self, client: &str, scope: &str) -> String {
        format!(
            "{}/authorize?response_type=code&client_id={client}&redirect_uri={}&scope={scope}\
             &state=s&code_challenge={CHALLENGE}&code_challenge_method=S256",
            self.url, self.app
        )
    }
}

fn add_client(place: &Place, id: &str, name: &str, redirect_uri: &str) {
    let arguments = ["client", "add", id, "--name", name, "--redirect-uri", redirect_uri];
    let more = ["--grants", "authorization_code", "--scopes", "me items", "--public"];
    place.run(&[&arguments[..], &more].concat()).done();
}

async fn sign_in(browser: &Browser) {
    browser.write("#username", "johndoe").await;
    browser.write("#password", "secret").await;
    browser.click("button").await;
}

#[tokio::test]
async fn somebody_with_a_keyboard_signs_in_and_decides() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of the keyboard", missing);
    }
    let site = Site::start().await;
    let window = Browser::open().await;
    window
        .tell(async |browser| {
            browser.goto(&site.authorize("app", "me+items")).await;
            browser.arrives(&format!("{}/login", site.url)).await;
            browser.press("johndoe").await;
            browser.press(TAB).await;
            browser.press("secret").await;
            browser.press(ENTER).await;
            browser.find("button[value=allow]").await;
            let consent = browser.text("main").await;
            for text in ["Web app", "johndoe", "Read items.", "Sends you to", "127.0.0.1"] {
                assert!(consent.contains(text), "{text}: {consent}");
            }
            browser.press(TAB).await;
            let focused = browser.run("return document.activeElement.value").await;
            assert_eq!(focused, "allow", "the first stop is the first button");
            browser.press(ENTER).await;
            let answer = browser.arrives(&site.app).await;
            assert!(answer.contains("code=") && answer.contains("state=s"), "{answer}");
            browser.goto(&site.authorize("app", "me")).await;
            browser.press(TAB).await;
            browser.press(TAB).await;
            browser.press(ENTER).await;
            let answer = browser.arrives(&site.app).await;
            assert!(answer.contains("error=access_denied"), "{answer}");
            assert_eq!(browser.complaints().await, [""; 0], "nothing against the policy");
        })
        .await;
}

#[tokio::test]
async fn every_page_is_accessible_and_fits_a_phone_in_light_and_dark() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of accessible pages", missing);
    }
    let Some(axe) = axe() else {
        return skip("the story of accessible pages", "axe-core (SCOPEGATE_TEST_AXE)");
    };
    let site = Site::start().await;
    let window = Browser::open().await;
    window
        .tell(async |browser| {
            browser.goto(&site.authorize("app", "me+items")).await;
            look(browser, &axe, "login").await;
            browser.write("#username", "johndoe").await;
            browser.write("#password", "wrong").await;
            browser.click("button").await;
            browser.find("[role=alert]").await;
            look(browser, &axe, "login, refused").await;
            browser.write("#password", "secret").await;
            browser.click("button").await;
            browser.find("button[value=allow]").await;
            look(browser, &axe, "consent").await;
            browser.click("button[value=allow]").await;
            browser.arrives(&site.app).await;
            browser.forget_cookies().await;
            browser.goto(&format!("{}/login", site.url)).await;
            sign_in(browser).await;
            browser.write("#current", "wrong").await;
            look(browser, &axe, "account").await;
            browser.write("#new", "long enough by far").await;
            browser.press(ENTER).await;
            browser.find("[role=alert]").await;
            look(browser, &axe, "account, password refused").await;
            browser.goto(&site.authorize("nobody", "me")).await;
            look(browser, &axe, "error").await;
            browser.goto(&format!("{}/account", site.url)).await;
            browser.forget_cookies().await;
            browser.click(".heading button").await;
            look(browser, &axe, "no cookie").await;
        })
        .await;
}

/// The text of axe-core, where it is.
fn axe() -> Option<String> {
    let path = std::env::var_os("SCOPEGATE_TEST_AXE")?;
    Some(
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

/// Looks at the page in every way it may be shown.
async fn look(browser: &Browser, axe: &str, page: &str) {
    for (width, scheme) in [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")] {
        browser.show_in(width, scheme).await;
        let wide = browser.run("return document.documentElement.scrollWidth").await;
        assert!(wide.as_u64() <= Some(width.into()), "{page} is {wide} wide at {width}");
        let found = browser.run(&format!("{axe}\n{JUDGE}")).await;
        assert_eq!(found, Value::Array(Vec::new()), "{page} at {width} in {scheme}");
    }
}

/// What axe-core finds, whatever it thinks of its weight.
const JUDGE: &str = "
    return axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
        violations.map(({id, nodes}) => [id, ...nodes.map(({html}) => html)].join(' | ')));";

#[tokio::test]
async fn ij03_names_and_texts_that_try_to_be_scripts_stay_texts() {
    if let Some(missing) = Browser::missing() {
        return skip("the story of hostile names", missing);
    }
    let site = Site::start().await;
    let place = &site.place;
    for (at, payload) in PAYLOADS.into_iter().enumerate() {
        add_client(place, &format!("hostile-{at}"), payload, &site.app);
        place.run(&["scope", "set", "items", "--description", payload]).done();
        place.run(&["user", "set", "johndoe", "--full-name", payload]).done();
        let settings = format!("{}/login?request={payload}&error={payload}", site.url);
        Browser::open()
            .await
            .tell(async |browser| {
                browser.goto(&settings).await;
                browser.write("#username", payload).await;
                browser.write("#password", "x").await;
                browser.click("button").await;
                browser.find("[role=alert]").await;
                assert_eq!(browser.value("#username").await, payload);
                harmless(browser).await;
                browser.goto(&site.authorize(&format!("hostile-{at}"), "me+items")).await;
                assert!(browser.text(".lead").await.contains(payload));
                harmless(browser).await;
                sign_in(browser).await;
                browser.find("button[value=allow]").await;
                assert!(browser.text("h1").await.contains(payload));
                assert!(browser.text(".scopes").await.contains(payload));
                harmless(browser).await;
                browser.click("button[value=allow]").await;
                browser.arrives(&site.app).await;
                browser.goto(&format!("{}/account", site.url)).await;
                assert!(browser.text(".heading").await.contains(payload));
                harmless(browser).await;
                browser.goto(&format!("{}/authorize?client_id={payload}", site.url)).await;
                harmless(browser).await;
            })
            .await;
    }
}

/// No script ran, and none was even tried.
async fn harmless(browser: &Browser) {
    assert_eq!(browser.run("return window.pwned ?? null").await, Value::Null);
    let count = browser.run("return document.querySelectorAll('script, main img').length").await;
    assert_eq!(count, 0);
    let mut complaints = browser.complaints().await;
    complaints.retain(|line| !line.contains("status of 400"));
    assert_eq!(complaints, [""; 0]);
}

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
