//! OpenSearch, against a mock of ours: no real cluster is to be had where these tests run. It is strict: it takes what
//! the documentation of `_bulk` says and nothing else, and answers as the documentation says.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{head, post, put as put_route};
use base64::Engine as _;
use copydesk_sinks::{Failure, OpensearchOptions, OpensearchSink, Row, Sink};
use serde_json::{Value, json};

use crate::harness::{Desk, Held, Served, Subject, WRONG, delete, name_of, put, secret};
use crate::{contract, faults};

const PASSWORD: &str = "a real pass-word";
/// A text that the mock can't parse.
const POISON: &str = "unmappable";

/// A document: its version, and its source unless it is deleted.
type Document = (u64, Option<Value>);

#[derive(Default)]
struct Cluster {
    templates: BTreeMap<String, Value>,
    indices: BTreeMap<String, BTreeMap<String, Document>>,
    /// How many items more are met by an overloaded node.
    busy_items: usize,
    /// How many bodies more are met by an overloaded cluster.
    busy_bodies: usize,
    /// Bodies larger than this, unpacked, are too large.
    most_bytes: usize,
    /// Whether every write meets a read-only index.
    read_only: bool,
    /// Bodies taken.
    bodies: usize,
}

#[derive(Clone)]
struct Mock(Arc<Mutex<Cluster>>, SocketAddr);

impl Mock {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let cluster = Cluster { most_bytes: 1 << 20, ..Cluster::default() };
        let mock = Self(Arc::new(Mutex::new(cluster)), listener.local_addr().expect("an address"));
        let app = Router::new()
            .route("/_index_template/{name}", put_route(template))
            .route("/{index}", head(exists).put(create))
            .route("/{index}/_bulk", post(bulk))
            .layer(DefaultBodyLimit::disable())
            .with_state(mock.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        mock
    }

    fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn options(&self, place: &Path, address: SocketAddr, password: &str) -> OpensearchOptions {
        OpensearchOptions {
            index: name_of(place),
            user: Some("desk".to_owned()),
            password: Some(secret(place, password)),
            timeout_secs: 1,
            ..OpensearchOptions::at(format!("http://{address}"))
        }
    }
}

fn refuse(headers: &HeaderMap) -> Option<Response> {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("desk:{PASSWORD}"));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    (given != Some(&format!("Basic {basic}"))).then(|| (StatusCode::UNAUTHORIZED, "Unauthorized").into_response())
}

async fn template(
    State(mock): State<Mock>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refusal) = refuse(&headers) {
        return refusal;
    }
    let template: Value = serde_json::from_str(&body).expect("a template is JSON");
    assert!(template["index_patterns"].as_array().is_some_and(|patterns| !patterns.is_empty()), "{template}");
    mock.lock().templates.insert(name, template);
    axum::Json(json!({"acknowledged": true})).into_response()
}

async fn exists(State(mock): State<Mock>, UrlPath(index): UrlPath<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = refuse(&headers) {
        return refusal;
    }
    let found = mock.lock().indices.contains_key(&index);
    if found { StatusCode::OK } else { StatusCode::NOT_FOUND }.into_response()
}

async fn create(State(mock): State<Mock>, UrlPath(index): UrlPath<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = refuse(&headers) {
        return refusal;
    }
    mock.lock().indices.entry(index).or_default();
    axum::Json(json!({"acknowledged": true})).into_response()
}

async fn bulk(State(mock): State<Mock>, UrlPath(index): UrlPath<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = refuse(&headers) {
        return refusal;
    }
    assert_eq!(headers["content-type"], "application/x-ndjson");
    assert_eq!(headers["content-encoding"], "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).expect("gzip of UTF-8");
    assert!(text.ends_with('\n'), "the last line must end with a line break");
    let mut cluster = mock.lock();
    if cluster.busy_bodies > 0 {
        cluster.busy_bodies -= 1;
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3")], "circuit_breaking_exception").into_response();
    }
    if text.len() > cluster.most_bytes {
        return (StatusCode::PAYLOAD_TOO_LARGE, "too large").into_response();
    }
    cluster.bodies += 1;
    let mut lines = text.lines();
    let mut items = Vec::new();
    while let Some(action) = lines.next() {
        let action: Value = serde_json::from_str(action).expect("an action is JSON");
        let (kind, meta) = action.as_object().and_then(|object| object.iter().next()).expect("one action a line");
        assert_eq!(action.as_object().map(serde_json::Map::len), Some(1));
        let known = ["_id", "version", "version_type"];
        assert!(meta.as_object().expect("an object").keys().all(|key| known.contains(&key.as_str())), "{meta}");
        let source = (kind == "index").then(|| {
            serde_json::from_str::<Value>(lines.next().expect("a source after an index")).expect("a source is JSON")
        });
        items.push(json!({kind: apply(&mut cluster, &index, kind, meta, source)}));
    }
    let errors = items.iter().any(|item| item["index"].get("error").or(item["delete"].get("error")).is_some());
    axum::Json(json!({"took": 1, "errors": errors, "items": items})).into_response()
}

fn apply(cluster: &mut Cluster, index: &str, kind: &str, meta: &Value, source: Option<Value>) -> Value {
    let failed =
        |status: u16, kind: &str, reason: &str| json!({"status": status, "error": {"type": kind, "reason": reason}});
    if cluster.busy_items > 0 {
        cluster.busy_items -= 1;
        return failed(429, "es_rejected_execution_exception", "rejected execution");
    }
    if cluster.read_only {
        return failed(403, "cluster_block_exception", "index has read-only-allow-delete block");
    }
    let Some(documents) = cluster.indices.get_mut(index) else {
        return failed(404, "index_not_found_exception", "no such index");
    };
    let id = meta["_id"].as_str().expect("an id");
    let version = meta["version"].as_u64().expect("a version");
    let stored = documents.get(id).map(|(version, _)| *version);
    let conflicts = match meta["version_type"].as_str() {
        Some("external") => stored.is_some_and(|stored| version <= stored),
        Some("external_gte") => stored.is_some_and(|stored| version < stored),
        other => panic!("version type {other:?}"),
    };
    match kind {
        "index" | "delete" => {}
        other => panic!("what is {other}?"),
    }
    if source.as_ref().is_some_and(|source| source["text"].as_str().is_some_and(|text| text.contains(POISON))) {
        return failed(400, "mapper_parsing_exception", "failed to parse field [text]");
    }
    if conflicts {
        return failed(409, "version_conflict_engine_exception", "current version is higher or equal");
    }
    let was_there = documents.insert(id.to_owned(), (version, source)).is_some_and(|(_, source)| source.is_some());
    let status = match (kind, was_there) {
        ("index", false) => 201,
        ("delete", false) => 404,
        _ => 200,
    };
    json!({"status": status})
}

#[async_trait]
impl Subject for Mock {
    fn name(&self) -> &'static str {
        "opensearch"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.1)
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let cluster = self.lock();
        let documents = cluster.indices.get(&name_of(place)).into_iter().flatten();
        documents
            .map(|(id, (version, source))| Held { id: id.clone(), sequence: *version, record: source.clone() })
            .collect()
    }

    fn parses(&self) -> bool {
        true
    }
}

#[async_trait]
impl Served for Mock {
    fn address(&self) -> SocketAddr {
        self.1
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        Box::new(OpensearchSink::new(self.options(place, address, PASSWORD)))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(OpensearchSink::new(self.options(place, self.1, WRONG)))
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        (put(article, sequence, POISON), "mapper_parsing_exception: failed to parse field [text]")
    }
}

#[tokio::test]
async fn a_mocked_opensearch_keeps_the_contract() {
    contract::all(&Mock::start().await).await;
}

#[tokio::test]
async fn a_mocked_opensearch_survives_every_fault() {
    faults::all(&Mock::start().await).await;
}

#[tokio::test]
async fn the_index_is_made_from_our_template() {
    let mock = Mock::start().await;
    let folder = tempfile::tempdir().expect("temp");
    Desk::open(mock.sink(folder.path()), None).await;
    let cluster = mock.lock();
    let name = name_of(folder.path());
    let template = &cluster.templates[&format!("copydesk-{name}")];
    assert_eq!(template["index_patterns"], json!([name]));
    assert!(cluster.indices.contains_key(&name));
}

#[tokio::test]
async fn rows_that_meet_an_overloaded_node_are_sent_again_by_themselves() {
    let mock = Mock::start().await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(mock.sink(folder.path()), None).await;
    let rows = [put(1, 1, "one"), put(2, 2, POISON), put(3, 3, "three"), delete(4, 4)];
    mock.lock().busy_items = 5;
    let report = desk.deliver(&rows).await;
    assert_eq!(report.rejected.iter().map(|rejection| rejection.row).collect::<Vec<_>>(), [1]);
    assert_eq!(mock.rows(folder.path()).await.len(), 3);
    // One that stays overloaded is another try of the runner's.
    mock.lock().busy_items = 1000;
    let error = desk.attempt(&[put(5, 5, "five")]).await.expect_err("overloaded");
    assert!(error.message.contains("es_rejected_execution_exception"), "{error}");
    assert_eq!(error.kind, Failure::Busy);
    mock.lock().busy_items = 0;
}

#[tokio::test]
async fn a_cluster_that_is_overloaded_or_read_only_rejects_nothing() {
    let mock = Mock::start().await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(mock.sink(folder.path()), None).await;
    mock.lock().busy_bodies = 1;
    let error = desk.attempt(&[put(1, 1, "one")]).await.expect_err("overloaded");
    assert_eq!((error.retry_after.map(|wish| wish.as_secs()), error.kind), (Some(3), Failure::Busy));
    desk.sink.open(None).await.expect("open");
    mock.lock().read_only = true;
    let error = desk.attempt(&[put(1, 1, "one")]).await.expect_err("read-only");
    assert!(error.message.contains("cluster_block_exception"), "{error}");
    desk.sink.open(None).await.expect("open");
    mock.lock().read_only = false;
    assert_eq!(desk.deliver(&[put(1, 1, "one")]).await.rejected, []);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_halved_and_a_row_that_is_too_large_is_rejected() {
    let mock = Mock::start().await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(mock.sink(folder.path()), None).await;
    mock.lock().most_bytes = 20_000;
    let mut rows: Vec<Row> = (0..100).map(|n| put(n, u64::from(n) + 1, "text of Oslo")).collect();
    rows[42] = put(42, 43, &"long ".repeat(10_000));
    let report = desk.deliver(&rows).await;
    assert_eq!(report.rejected.iter().map(|rejection| rejection.row).collect::<Vec<_>>(), [42]);
    assert!(report.rejected[0].reason.contains("413"), "{report:?}");
    assert_eq!(mock.rows(folder.path()).await.len(), 99);
}

#[tokio::test]
async fn a_batch_that_comes_again_is_no_work_for_the_index() {
    let mock = Mock::start().await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(mock.sink(folder.path()), None).await;
    let rows = [put(1, 1, "one"), put(2, 2, "two"), delete(1, 3)];
    for _ in 0..2 {
        assert_eq!(desk.deliver(&rows).await.rejected, []);
    }
    assert_eq!(mock.lock().bodies, 2, "one body each");
}
