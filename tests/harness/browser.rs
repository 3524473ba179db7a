//! Chromium, driven through chromedriver, for what only a browser shows.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, resume_unwind},
    process::{Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::Capabilities};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Process, eventually};

/// How long a page may take to show something, on a machine that runs everything at once.
const SHOW: Duration = Duration::from_secs(20);

/// A browser window.
pub(crate) struct Browser {
    client: Client,
    driver: String,
    // In the order in which they must go: the browser writes into its folder while it runs.
    _process: Process,
    folder: TempDir,
}

impl Browser {
    /// The program without which no window can be opened.
    pub(crate) fn missing() -> Option<&'static str> {
        ["chromium", "chromedriver"].into_iter().find(|program| {
            let version = Command::new(program).arg("--version").stderr(Stdio::null()).output();
            !version.is_ok_and(|output| output.status.success())
        })
    }

    /// Opens a window. It is closed by [`Browser::tell`] alone, so that comes right after.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::Builder::new().prefix("scopegate-browser-").tempdir();
        let folder = folder.expect("the system has a place for temporary files");
        let (process, port) = start_driver(&folder).await;
        let driver = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&folder))
            .connect(&driver)
            .await
            .expect("chromedriver opens a window");
        Self { client, driver, _process: process, folder }
    }

    /// Tells a story in the window and closes it, however the story ends. A picture of a bad end
    /// stays behind.
    pub(crate) async fn tell(self, story: impl AsyncFnOnce(&Self)) {
        let told = AssertUnwindSafe(story(&self)).catch_unwind().await;
        let Self { client, _process, folder, .. } = self;
        if told.is_err() {
            keep_picture(&client, folder).await;
        }
        client.close().await.expect("the window closes");
        told.unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic));
    }

    /// Opens a page.
    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(SHOW).for_element(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, selector: &str) {
        let clicked = self.find(selector).await.click().await;
        clicked.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Waits for a field and types into it.
    pub(crate) async fn write(&self, selector: &str, text: &str) {
        let typed = self.find(selector).await.send_keys(text).await;
        typed.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// What an element reads.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.expect("an element has a text")
    }

    /// What a field holds.
    pub(crate) async fn value(&self, selector: &str) -> String {
        let value = self.find(selector).await.prop("value").await;
        value.expect("an element has properties").unwrap_or_default()
    }

    /// Whether a box is ticked.
    pub(crate) async fn is_ticked(&self, selector: &str) -> bool {
        self.find(selector).await.is_selected().await.expect("a box is ticked or not")
    }

    /// Runs a function's body in the page; what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let done = self.client.execute(script, Vec::new()).await;
        done.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Types into whatever has the focus.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("it takes keys");
    }

    /// Waits until the page's address begins like this; the address.
    pub(crate) async fn arrives(&self, at: &str) -> String {
        eventually(&format!("the browser arrives at {at}"), SHOW, async || {
            let url = self.client.current_url().await.expect("the window is open");
            Some(url.to_string()).filter(|url| url.starts_with(at))
        })
        .await
    }

    /// Tells a story in the window that the page has opened, up to the step that closes it.
    pub(crate) async fn in_new_window(&self, story: impl AsyncFnOnce(&Self)) {
        let own = self.client.window().await.expect("the window is open");
        let opened = eventually("the page opens a window", SHOW, async || {
            let all = self.client.windows().await.expect("the browser runs");
            all.into_iter().find(|window| *window != own)
        })
        .await;
        self.client.switch_to_window(opened.clone()).await.expect("it is open");
        story(self).await;
        eventually("the new window closes", SHOW, async || {
            let all = self.client.windows().await.expect("the browser runs");
            (!all.contains(&opened)).then_some(())
        })
        .await;
        self.client.switch_to_window(own).await.expect("the window is open");
    }

    /// Shows pages at this width, in `light` or `dark`.
    pub(crate) async fn show_in(&self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.tell_chromium("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tell_chromium("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Forgets every cookie.
    pub(crate) async fn forget_cookies(&self) {
        self.tell_chromium("Network.clearBrowserCookies", json!({})).await;
    }

    /// A command of Chromium itself, for which `WebDriver` has no word.
    async fn tell_chromium(&self, command: &str, params: Value) {
        let done = self.post("goog/cdp/execute", &json!({"cmd": command, "params": params})).await;
        assert!(done["value"].get("error").is_none(), "{command}: {done}");
    }

    /// What the browser has complained about, each as one line.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({"type": "browser"})).await;
        let entries = log["value"].as_array().cloned().unwrap_or_else(|| panic!("no log: {log}"));
        entries
            .iter()
            .filter(|entry| ["WARNING", "SEVERE"].contains(&entry["level"].as_str().unwrap_or("")))
            .map(|entry| format!("{}: {}", entry["source"], entry["message"]))
            .collect()
    }

    /// A command that only chromedriver knows.
    async fn post(&self, command: &str, body: &Value) -> Value {
        let session = self.client.session_id().await.expect("the window is open");
        let session = session.expect("the window is open");
        let url = format!("{}/session/{session}/{command}", self.driver);
        let asked = reqwest::Client::new().post(url).json(body).send().await;
        asked.expect("chromedriver answers").json().await.expect("JSON")
    }
}

/// Starts chromedriver, and gives the port that it has chosen. It chooses one for IPv6 and gives up
/// where somebody has the same one for IPv4; then it is started anew, to choose another.
async fn start_driver(folder: &TempDir) -> (Process, String) {
    let start = || {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("HOME", folder.path());
        Process::start("chromedriver", command)
    };
    let mut process = start();
    let port = eventually("chromedriver starts", SHOW, async || {
        let (running, log) = (process.is_running(), process.log());
        if let Some((_, rest)) = log.split_once("started successfully on port ") {
            return rest.split_once('.').map(|(port, _)| port.to_owned());
        }
        if !running {
            assert!(log.contains("port not available"), "chromedriver ended by itself: {log}");
            process = start();
        }
        None
    })
    .await;
    (process, port)
}

fn capabilities(folder: &TempDir) -> Capabilities {
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let wanted = json!({
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {"args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--no-first-run", "--window-size=1200,1600", profile,
        ]},
    });
    wanted.as_object().expect("it is made as one").clone()
}

async fn keep_picture(client: &Client, folder: TempDir) {
    let folder = folder.keep();
    if let Ok(picture) = client.screenshot().await {
        let path = folder.join("failed.png");
        std::fs::write(&path, picture).expect("the folder is ours");
        eprintln!("the page at that moment: {}", path.display());
    }
}
