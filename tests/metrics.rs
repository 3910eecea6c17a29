//! The metrics' contract: `deploy/METRICS.md` says what a running daemon shows, no more and no less; a real Prometheus
//! scrapes a loaded desk, and every query of the dashboard and every alert is run by it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::support::articles::Input;
use crate::support::desk::{Daemon, Desk};
use crate::support::formats;
use crate::support::servers::{Server, at, find, free_port};

/// What the operator gets.
fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A family of series.
#[derive(Debug, PartialEq, Eq)]
struct Family {
    kind: String,
    labels: BTreeSet<String>,
    help: String,
}

/// The rows of the first table of `METRICS.md`, by name, with the unit of each.
fn contract() -> BTreeMap<String, (Family, String)> {
    let rows = table("| `copydesk_", 5).into_iter().map(|row| {
        let [name, kind, unit, labels, help] = <[String; 5]>::try_from(row).expect("five columns");
        let labels = labels.split(", ").filter(|label| *label != "–").map(|label| label.replace('`', "")).collect();
        (name.replace('`', ""), (Family { kind, labels, help }, unit))
    });
    rows.collect()
}

/// The values that labels may have, as the second table says; none where they are the user's own names.
fn label_values() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let rows = table("| label `", 2).into_iter().map(|row| {
        let values: BTreeSet<String> = row[1].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (row[0].replace("label ", "").replace('`', ""), (!values.is_empty()).then_some(values))
    });
    rows.collect()
}

fn table(start: &str, columns: usize) -> Vec<Vec<String>> {
    let text = read(&deploy("METRICS.md"));
    let rows = text.lines().filter(|line| line.starts_with(start)).map(|line| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        assert_eq!(cells.len(), columns, "{line}");
        cells
    });
    let rows: Vec<_> = rows.collect();
    assert!(!rows.is_empty(), "no table");
    rows
}

/// The labels of a series and their values; no value here holds a comma or an escape.
fn labels(series: &str) -> Vec<(&str, &str)> {
    let Some((_, labels)) = series.split_once('{') else { return Vec::new() };
    let pairs = labels.trim_end_matches('}').split(',').map(|pair| pair.split_once('=').expect("a label"));
    pairs.map(|(label, value)| (label, value.trim_matches('"'))).collect()
}

/// What a metrics page shows.
fn shown(page: &str) -> (BTreeMap<String, Family>, BTreeSet<(String, String)>) {
    let (mut families, mut values) = (BTreeMap::<String, Family>::new(), BTreeSet::new());
    let mut helps = BTreeMap::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a name and a text");
            helps.insert(name.to_owned(), help.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            let help = helps.remove(name).unwrap_or_default();
            families.insert(name.to_owned(), Family { kind: kind.to_owned(), labels: BTreeSet::new(), help });
        } else {
            let (series, _) = line.rsplit_once(' ').expect("a series and a number");
            let name = series.split('{').next().expect("a name");
            let family = family_of(name, |name| families.contains_key(name));
            let family = families.get_mut(&family).unwrap_or_else(|| panic!("a series without a type: {line}"));
            for (label, value) in labels(series).into_iter().filter(|(label, _)| *label != "le") {
                family.labels.insert(label.to_owned());
                values.insert((label.to_owned(), value.to_owned()));
            }
        }
    }
    (families, values)
}

/// The family of a series: histograms add to the name.
fn family_of(name: &str, is_family: impl Fn(&str) -> bool) -> String {
    let whole =
        ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part)).find(|whole| is_family(whole));
    whole.unwrap_or(name).to_owned()
}

/// A desk that has seen everything there is a series for.
fn loaded(desk: &Desk) -> Daemon {
    let mut input = Input::of(0x0C0A, 150);
    let pages = vec![(1, "A page in an archive.".repeat(20))];
    input.add("feeds/archive.warc", formats::warc(&pages).concat(), 1);
    input.lay_out(&desk.inbox());
    std::os::unix::fs::symlink("nowhere", desk.inbox().join("link")).expect("make a link");
    let mut daemon = desk.start();
    daemon.wait_until_up();
    daemon.wait_for("all but the link to be taken", |_| desk.inbox_files().len() == 1);
    daemon.wait_for("the gauges to be looked at", |daemon| {
        let metrics = daemon.metrics();
        metrics.families.contains("copydesk_inbox_refused") && metrics.get("copydesk_in_flight_articles") == 0.0
    });
    daemon
}

#[test]
fn the_metrics_page_is_what_the_contract_says() {
    let desk = Desk::new();
    let daemon = loaded(&desk);
    let (families, values) = shown(&daemon.get("/metrics").1);
    daemon.stop();
    let contract = contract();
    for (name, family) in &families {
        let (agreed, unit) = contract.get(name).unwrap_or_else(|| panic!("{name} is not in METRICS.md: {family:?}"));
        assert_eq!(family, agreed, "{name}");
        let base = name.strip_suffix("_total").unwrap_or(name);
        assert!(base.ends_with(&format!("_{unit}")) || unit == "–", "{name} is not in {unit}");
        assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
    }
    let missing: Vec<_> = contract.keys().filter(|name| !families.contains_key(*name)).collect();
    assert!(missing.is_empty(), "not shown: {missing:?}");
    let allowed = label_values();
    for (label, value) in values {
        let allowed = allowed.get(&label).unwrap_or_else(|| panic!("label {label} is not in METRICS.md"));
        assert!(allowed.as_ref().is_none_or(|values| values.contains(&value)), "{label}={value} is not in METRICS.md");
    }
}

#[test]
fn real_prometheus_finds_nothing_to_mend_in_the_metrics_page() {
    let promtool = find("promtool", &[], "prometheus");
    let desk = Desk::new();
    let daemon = loaded(&desk);
    let page = daemon.get("/metrics").1;
    daemon.stop();
    let lint = |page: &str| {
        let mut promtool = Command::new(&promtool);
        promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = promtool.spawn().expect("start promtool");
        running.stdin.take().expect("its input").write_all(page.as_bytes()).expect("write the page");
        let output = running.wait_with_output().expect("wait for promtool");
        (output.status.success(), [output.stdout, output.stderr].concat())
    };
    let (ok, words) = lint(&page);
    assert!(ok && words.is_empty(), "{}", String::from_utf8_lossy(&words));
    let (ok, words) = lint(&page.replace("copydesk_arrivals_total", "copydesk_arrivals"));
    assert!(!ok || !words.is_empty(), "promtool sees what is wrong");
}

#[test]
fn real_prometheus_accepts_rules_and_their_tests() {
    let promtool = find("promtool", &[], "prometheus");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["prometheus/copydesk.rules.yml", "prometheus/copydesk.test.yml", "prometheus/prometheus.yml"] {
        let file = Path::new(name).file_name().expect("a name");
        fs::copy(deploy(name), folder.path().join(file)).expect("copy");
    }
    fs::copy(deploy("container/prometheus.yml"), folder.path().join("container.yml")).expect("copy");
    let tool = |arguments: &[&str]| {
        let output = Command::new(&promtool).args(arguments).current_dir(folder.path()).output().expect("run promtool");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for arguments in [
        &["check", "rules", "--lint-fatal", "copydesk.rules.yml"][..],
        &["check", "config", "--lint-fatal", "prometheus.yml"],
        &["check", "config", "--lint-fatal", "container.yml"],
        &["test", "rules", "copydesk.test.yml"],
    ] {
        let (ok, words) = tool(arguments);
        assert!(ok, "{arguments:?}: {words}");
    }
    let rules = folder.path().join("copydesk.rules.yml");
    fs::write(&rules, read(&rules).replace("copydesk_sink_lag_seconds > 1800", "copydesk_sink_lag_seconds > 180000"))
        .expect("write");
    assert!(!tool(&["test", "rules", "copydesk.test.yml"]).0, "the tests see an alert that is wrong");
}

/// A Prometheus that looks every second.
struct Prometheus {
    _server: Server,
    port: u16,
    since: f64,
}

impl Prometheus {
    fn watching(daemon: &Daemon, folder: &Path) -> Self {
        let listen = daemon.events().iter().find_map(|event| event["listen"].as_str().map(str::to_owned));
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             scrape_configs: [{{job_name: copydesk, static_configs: [{{targets: ['{}']}}]}}]\n",
            deploy("prometheus/copydesk.rules.yml").display(),
            listen.expect("it says where it listens"),
        );
        let path = folder.join("prometheus.yml");
        fs::write(&path, config).expect("write");
        let port = free_port();
        let mut command = Command::new(find("prometheus", &[], "prometheus"));
        command
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={}", at(port)));
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64();
        Self { _server: Server::start(&mut command, at(port), &folder.join("log")), port, since }
    }

    /// Asks its API; the data, or what it says is wrong.
    fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let mut stream = TcpStream::connect(at(self.port)).expect("connect to Prometheus");
        write!(stream, "GET /api/v1/{path}?{} HTTP/1.0\r\nHost: prometheus\r\n\r\n", parameters.join("&"))
            .expect("ask");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        // It answers so until it is ready.
        let Ok(answer) = serde_json::from_str::<Value>(body) else { return Err(body.to_owned()) };
        if answer["status"] == "success" { Ok(answer["data"].clone()) } else { Err(answer["error"].to_string()) }
    }

    /// Numbers a query gives for all the time since the start.
    fn numbers(&self, query: &str) -> Result<Vec<f64>, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64();
        let (start, end) = (self.since.to_string(), now.to_string());
        let data = self.ask("query_range", &[("query", query), ("start", &start), ("end", &end), ("step", "1")])?;
        let series = data["result"].as_array().cloned().unwrap_or_default();
        let values = series.iter().flat_map(|series| series["values"].as_array().cloned().unwrap_or_default());
        Ok(values
            .filter_map(|value| value[1].as_str()?.parse().ok())
            .filter(|number: &f64| number.is_finite())
            .collect())
    }

    /// The state of every alert, by name.
    fn alerts(&self) -> Vec<(String, String)> {
        let data = self.ask("rules", &[]).expect("the rules");
        let groups = data["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
        let alerts = rules.map(|rule| {
            let name = rule["name"].as_str().expect("a name").to_owned();
            assert!(matches!(rule["health"].as_str(), Some("ok" | "unknown")), "{name}: {}", rule["lastError"]);
            (name, rule["state"].as_str().unwrap_or("unknown").to_owned())
        });
        alerts.collect()
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' => escaped.push(char::from(byte)),
            _ => write!(escaped, "%{byte:02X}").expect("write to a string"),
        }
    }
    escaped
}

/// Every query of the dashboard with the panel it is of, as Grafana would send it.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let queries = panels.iter().flat_map(|panel| {
        let title = panel["title"].as_str().expect("a title").to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        assert!(panel["type"] == "row" || !targets.is_empty(), "{title} shows nothing");
        targets.into_iter().map(move |target| (title.clone(), filled_in(&target["expr"])))
    });
    queries.collect()
}

fn filled_in(query: &Value) -> String {
    let query = query.as_str().expect("a query");
    let query = query.replace("$__rate_interval", "15s").replace("$instance", ".*");
    assert!(!query.contains('$'), "a variable nobody fills in: {query}");
    query
}

#[test]
fn real_prometheus_runs_every_query_of_the_dashboard_and_no_alert_fires() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    let prometheus = Prometheus::watching(&daemon, &desk.path(""));
    let count = |prometheus: &Prometheus| prometheus.numbers("copydesk_arrivals_total").unwrap_or_default().len();
    // Rates need articles between two looks.
    daemon.wait_for("the first looks", |_| count(&prometheus) >= 3);
    let input = Input::of(0x0DA5, 400);
    input.drop_into(&desk.inbox(), &desk.path("scratch"));
    desk.wait_until_taken(&mut daemon);

    let dashboard: Value = serde_json::from_str(&read(&deploy("grafana/copydesk.json"))).expect("JSON");
    let queries = queries(&dashboard);
    assert!(queries.len() > 40);
    for (panel, query) in &queries {
        daemon.wait_for(&format!("an answer for {panel}: {query}"), |_| match prometheus.numbers(query) {
            Ok(numbers) => !numbers.is_empty(),
            Err(error) => panic!("{panel}: {query}: {error}"),
        });
    }
    for annotation in dashboard["annotations"]["list"].as_array().expect("annotations") {
        prometheus.numbers(&filled_in(&annotation["expr"])).expect("an answer");
    }
    let instances = prometheus.ask("label/instance/values", &[("match[]", "copydesk_build_info")]).expect("instances");
    assert_eq!(instances.as_array().map(Vec::len), Some(1), "what the variable `instance` offers: {instances}");
    let arrived = prometheus.numbers("copydesk_arrivals_total").expect("an answer");
    daemon.wait_for("the last articles to be seen", |_| {
        prometheus
            .numbers("copydesk_arrivals_total")
            .is_ok_and(|numbers| numbers.last() == Some(&(input.records as f64)))
    });
    assert!(arrived.iter().is_sorted(), "a counter never falls");

    let alerts = prometheus.alerts();
    assert_eq!(alerts.len(), read(&deploy("prometheus/copydesk.rules.yml")).matches("- alert: ").count());
    let firing: Vec<_> = alerts.iter().filter(|(_, state)| state == "firing").collect();
    assert!(firing.is_empty(), "on a healthy desk: {firing:?}");
    daemon.kill();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(90);
    while !prometheus.alerts().contains(&("CopydeskDown".to_owned(), "pending".to_owned())) {
        assert!(std::time::Instant::now() < deadline, "nobody notices that the desk is gone");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn dashboard_and_alerts_name_only_what_the_contract_has() {
    let contract = contract();
    let code = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/src/metric.rs"));
    let defined: BTreeSet<String> =
        names(&code).into_iter().filter(|name| code.contains(&format!("\"{name}\""))).collect();
    assert_eq!(defined, contract.keys().cloned().collect(), "metric.rs and METRICS.md");
    for file in ["prometheus/copydesk.rules.yml", "prometheus/copydesk.test.yml", "grafana/copydesk.json", "README.md"]
    {
        for name in names(&read(&deploy(file))) {
            let family = family_of(&name, |name| contract.contains_key(name));
            assert!(contract.contains_key(&family), "{file} names {name}, which there is not");
        }
    }
}

/// Every name that begins like a metric's.
fn names(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("copydesk_").map(|(start, _)| start);
    let starts =
        starts.filter(|start| !text[..*start].ends_with(|before: char| before.is_alphanumeric() || before == '_'));
    let ends = starts.map(|start| text[start..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next());
    ends.flatten().map(str::to_owned).collect()
}

#[test]
fn every_alert_is_tested_both_ways_and_explained() {
    let rules = read(&deploy("prometheus/copydesk.rules.yml"));
    let tests = read(&deploy("prometheus/copydesk.test.yml"));
    let guide = read(&deploy("README.md"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 20, "{alerts:?}");
    for alert in &alerts {
        let quiet = format!("{{alertname: {alert}, eval_time: ");
        assert!(
            tests.lines().any(|line| line.contains(&quiet) && line.contains("exp_alerts: []")),
            "{alert} when all is well"
        );
        let fires = tests.split(&format!("alertname: {alert}\n")).nth(1).unwrap_or_default();
        let expected = fires.split("alertname:").next().unwrap_or_default();
        assert!(expected.contains("exp_labels"), "{alert} never fires in its tests");
        assert!(guide.contains(&format!("### {alert}\n")), "the guide does not say what to do about {alert}");
    }
    let explained: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|name| name.starts_with("Copydesk"))
        .collect();
    assert_eq!(explained, alerts, "in the same order, so that both can be read side by side");
}
