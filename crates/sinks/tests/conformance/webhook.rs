//! The webhook, against an endpoint of our own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use copydesk_sinks::{Row, Sink, WebhookMode, WebhookOptions, WebhookSink};
use serde_json::Value;

use crate::harness::{Desk, Held, Served, Subject, WRONG, name_of, put, secret};
use crate::{contract, faults};

const SECRET: &str = "a secret that both sides know";
/// A word that the endpoint can't stand.
const POISON: &str = "unprintable";

/// What has come, by place; and what the endpoint is about to answer instead.
#[derive(Default)]
struct Inbox {
    rows: BTreeMap<String, Vec<Held>>,
    /// Bodies by their number of rows.
    bodies: Vec<usize>,
    answers: Vec<(StatusCode, &'static str)>,
}

type Shared = Arc<Mutex<Inbox>>;

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Inbox> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(
    State(shared): State<Shared>,
    UrlPath(place): UrlPath<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut inbox = lock(&shared);
    if let Some((status, wish)) = inbox.answers.pop() {
        return (status, [("retry-after", wish)], "not now").into_response();
    }
    let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let given = header("webhook-signature").strip_prefix("v1,").unwrap_or_default();
    let given = base64::engine::general_purpose::STANDARD.decode(given).unwrap_or_default();
    if ring::hmac::verify(&key, signed.as_bytes(), &given).is_err() {
        return (StatusCode::UNAUTHORIZED, "the signature is wrong").into_response();
    }
    if body.contains(POISON) {
        return (StatusCode::UNPROCESSABLE_ENTITY, "this can't be printed").into_response();
    }
    let body: Value = serde_json::from_str(&body).expect("the body is JSON");
    let records = match body {
        Value::Array(records) => records,
        one => vec![one],
    };
    inbox.bodies.push(records.len());
    let rows = records.into_iter().map(|record| Held {
        id: record["id"].as_str().expect("an id").to_owned(),
        sequence: record["sequence"].as_u64().expect("a sequence"),
        record: (record["deleted"] != true).then_some(record),
    });
    inbox.rows.entry(place).or_default().extend(rows);
    StatusCode::NO_CONTENT.into_response()
}

struct Endpoint {
    address: SocketAddr,
    inbox: Shared,
    mode: WebhookMode,
}

impl Endpoint {
    async fn start(mode: WebhookMode) -> Self {
        let inbox = Shared::default();
        let app = Router::new().route("/{place}", post(receive)).with_state(Arc::clone(&inbox));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { address, inbox, mode }
    }

    fn options(&self, place: &Path, address: SocketAddr, key: &str) -> WebhookOptions {
        WebhookOptions {
            mode: self.mode,
            secret: Some(secret(place, key)),
            timeout_secs: 1,
            ..WebhookOptions::at(format!("http://{address}/{}", name_of(place)))
        }
    }
}

#[async_trait]
impl Subject for Endpoint {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.address)
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        lock(&self.inbox).rows.get(&name_of(place)).cloned().unwrap_or_default()
    }

    fn parses(&self) -> bool {
        true
    }
}

#[async_trait]
impl Served for Endpoint {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        Box::new(WebhookSink::new(self.options(place, address, SECRET)))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(WebhookSink::new(self.options(place, self.address, WRONG)))
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        (put(article, sequence, POISON), "HTTP 422: this can't be printed")
    }
}

#[tokio::test]
async fn a_webhook_keeps_the_contract() {
    contract::all(&Endpoint::start(WebhookMode::Batch).await).await;
    contract::all(&Endpoint::start(WebhookMode::Single).await).await;
}

#[tokio::test]
async fn a_webhook_survives_every_fault() {
    faults::all(&Endpoint::start(WebhookMode::Batch).await).await;
    faults::all(&Endpoint::start(WebhookMode::Single).await).await;
}

#[tokio::test]
async fn a_busy_endpoint_says_when_to_come_back_and_gets_nothing_twice() {
    let endpoint = Endpoint::start(WebhookMode::Single).await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(endpoint.sink(folder.path()), None).await;
    let rows = [put(1, 1, "one"), put(2, 2, POISON), put(3, 3, "three")];
    for (status, wish, seconds) in [(429, "7", Some(7)), (503, "", None), (500, "soon", None)] {
        lock(&endpoint.inbox).answers.push((StatusCode::from_u16(status).expect("a status"), wish));
        let error = desk.attempt(&rows).await.expect_err("not now");
        assert_eq!(error.retry_after.map(|wish| wish.as_secs()), seconds, "{error}");
        assert!(error.message.contains("not now"), "{error}");
        desk.sink.open(None).await.expect("open");
    }
    let report = desk.deliver(&rows).await;
    assert_eq!(report.rejected.len(), 1);
    // It fails at the last of three: the first is not sent again, and the refused one is still said to be.
    let more = [put(4, 4, "four"), put(5, 5, POISON), put(6, 6, "six")];
    let before = lock(&endpoint.inbox).bodies.len();
    let late = WebhookOptions { timeout_secs: 1, ..endpoint.options(folder.path(), endpoint.address, SECRET) };
    drop(late);
    let report = desk.deliver(&more).await;
    assert_eq!(report.rejected.iter().map(|rejection| rejection.row).collect::<Vec<_>>(), [1]);
    assert_eq!(lock(&endpoint.inbox).bodies.len() - before, 2);
}

#[tokio::test]
async fn one_poisoned_article_in_a_batch_costs_a_few_bodies() {
    let endpoint = Endpoint::start(WebhookMode::Batch).await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(endpoint.sink(folder.path()), None).await;
    let mut rows: Vec<Row> = (0..200).map(|n| put(n, u64::from(n) + 1, "text")).collect();
    rows[77] = put(77, 78, POISON);
    let report = desk.deliver(&rows).await;
    assert_eq!(report.rejected.iter().map(|rejection| rejection.row).collect::<Vec<_>>(), [77]);
    let inbox = lock(&endpoint.inbox);
    assert_eq!(inbox.bodies.iter().sum::<usize>(), 199);
    assert!(inbox.bodies.len() <= 9, "{:?}", inbox.bodies);
}
