//! A real Chromium without a window, driven over its DevTools protocol.

use std::collections::VecDeque;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

use super::servers;

/// How long anything in the browser may take that ought to happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// What the page is shown on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether the user likes it dark.
    pub dark: bool,
}

/// A desktop by day.
pub const LIGHT: Screen = Screen { width: 1440, height: 1000, dark: false };
/// A desktop by night.
pub const DARK: Screen = Screen { dark: true, ..LIGHT };
/// A phone.
pub const PHONE: Screen = Screen { width: 390, height: 844, dark: false };

/// One browser with one page. Killed when dropped.
pub struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    calls: u64,
    events: VecDeque<Value>,
    /// Its profile, which goes when it does.
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser with an empty page. Fails the test where there is none.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let child = Command::new(program())
            // Containers let nobody have a sandbox of their own; what is shown here are the tests' own pages.
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-extensions", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the browser");
        let mut guard = Killed(Some(child));
        let (port, path) = where_it_listens(profile.path());
        let stream = TcpStream::connect(servers::at(port)).expect("connect to the browser");
        stream.set_read_timeout(Some(PATIENCE)).expect("set a timeout");
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).expect("a handshake");
        let child = guard.0.take().expect("just started");
        let mut browser = Self { child, socket, session: None, calls: 0, events: VecDeque::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().expect("a session").to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.see_on(LIGHT);
        browser
    }

    /// Opens an address.
    pub fn open(&mut self, address: &str) {
        let opened = self.call("Page.navigate", json!({ "url": address }));
        assert!(opened.get("errorText").is_none(), "{address}: {opened}");
    }

    /// Shows the page on another screen.
    pub fn see_on(&mut self, screen: Screen) {
        let size = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.width < 600,
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if screen.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// The value of a script's expression.
    pub fn get(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// The same as text.
    pub fn text(&mut self, expression: &str) -> String {
        self.get(expression).as_str().unwrap_or_else(|| panic!("no text: {expression}")).to_owned()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&mut self, what: &str, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.get(&format!("Boolean({expression})")) != true {
            if Instant::now() > deadline {
                let shown = self.text("document.body.innerText");
                panic!("waited too long for {what}: {expression}\n{:#?}\n{shown}", self.events);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Clicks the middle of the element of a selector, as a mouse does.
    pub fn click(&mut self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.wait_for(selector, &found);
        let place = self.get(&format!(
            "(() => {{ const e = {found}; e.scrollIntoView({{ block: 'center' }}); const b = e.getBoundingClientRect(); \
             return {{ x: b.x + b.width / 2, y: b.y + b.height / 2 }}; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let click = json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", click);
        }
    }

    /// Presses and lets go a key, by its name.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = match key {
            "Enter" => Some("\r"),
            key if key.chars().count() == 1 => Some(key),
            _ => None,
        };
        let down =
            json!({ "type": "keyDown", "key": key, "text": text.unwrap_or_default(), "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    /// Types into what has the focus.
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Writes what is to be seen into `target/page/NAME.png`.
    pub fn photograph(&mut self, name: &str) {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let png = STANDARD.decode(answer["data"].as_str().expect("a picture")).expect("base64");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("page");
        std::fs::create_dir_all(&folder).expect("make a folder");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("write the picture");
    }

    /// Whatever the page had to complain of by now: errors and warnings on the console, errors of scripts, dialogs.
    pub fn complaints(&mut self) -> Vec<String> {
        self.get("0");
        let complaint = |event: &Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Page.javascriptDialogOpening" => true,
            "Log.entryAdded" => matches!(event["params"]["entry"]["level"].as_str(), Some("error" | "warning")),
            "Runtime.consoleAPICalled" => {
                matches!(event["params"]["type"].as_str(), Some("error" | "warning" | "assert"))
            }
            _ => false,
        };
        self.events.iter().filter(|event| complaint(event)).map(Value::to_string).collect()
    }

    /// Every address the page has asked for.
    pub fn asked_for(&mut self) -> Vec<String> {
        self.get("0");
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned)).collect()
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send(method, parameters);
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "no answer to {method}");
            let mut message = self.receive();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            if message["method"] == "Page.javascriptDialogOpening" {
                // It holds up everything else. Its answer comes by and is of no interest.
                self.send("Page.handleJavaScriptDialog", json!({ "accept": true }));
            }
            if message.get("method").is_some() {
                self.events.push_back(message);
            }
        }
    }

    fn send(&mut self, method: &str, parameters: Value) -> u64 {
        self.calls += 1;
        let mut call = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(call.to_string())).expect("tell the browser");
        self.calls
    }

    fn receive(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().expect("hear the browser") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A child that is killed unless it is taken out.
struct Killed(Option<Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.into_iter().find(|program| program.is_file()).unwrap_or_else(|| servers::find(names[0], &[], "chromium"))
}

/// The port and the path that the browser writes into its profile when it listens.
fn where_it_listens(profile: &Path) -> (u16, String) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = said.trim_end().split_once('\n') {
            return (port.parse().expect("a port"), path.to_owned());
        }
        assert!(Instant::now() < deadline, "the browser does not start");
        std::thread::sleep(LOOK);
    }
}
