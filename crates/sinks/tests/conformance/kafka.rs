//! Kafka: the mock cluster of librdkafka over TCP, since no real broker can be had. It speaks the protocol; it knows no
//! users, no limit of a message's size, and forgets everything when it is killed.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use copydesk_sinks::{KafkaOptions, KafkaSink, Row, Sink};
use serde_json::Value;

use crate::harness::{Desk, Held, Served, Subject, delete, name_of, put};
use crate::{contract, faults, servers};

struct Kafka {
    port: u16,
    talk: Mutex<Talk>,
}

struct Talk {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Kafka {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders: [PathBuf; 1] = [root.join("target/python/bin")];
        let python = servers::find("python", &folders, "PyPI's `confluent-kafka` into target/python");
        let mut child = Command::new(python)
            .arg(root.join("tests/support/kafka_broker.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the broker");
        let ask = child.stdin.take().expect("its input");
        let mut answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        answers.read_line(&mut line).expect("its port");
        let port = line.trim().parse().expect("a port: is PyPI's `confluent-kafka` installed in target/python?");
        Self { port, talk: Mutex::new(Talk { child, ask, answers }) }
    }

    fn ask(&self, command: &str, topic: &str) -> Vec<Value> {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(talk.ask, "{command} {topic}").expect("ask");
        let mut rows = Vec::new();
        loop {
            let mut line = String::new();
            assert!(talk.answers.read_line(&mut line).expect("an answer") > 0, "the broker is gone");
            if line == "end\n" {
                return rows;
            }
            rows.push(serde_json::from_str(&line).expect("JSON"));
        }
    }

    fn options(&self, place: &Path, address: SocketAddr) -> KafkaOptions {
        let topic = name_of(place);
        tokio::task::block_in_place(|| self.ask("topic", &topic));
        KafkaOptions {
            topic,
            max_message_bytes: 200_000,
            timeout_secs: if address == self.address() { 30 } else { 2 },
            ..KafkaOptions::at(vec![address.to_string()])
        }
    }

    fn messages(&self, place: &Path) -> Vec<Value> {
        tokio::task::block_in_place(|| self.ask("rows", &name_of(place)))
    }
}

#[async_trait]
impl Subject for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.address())
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let held = |message: &Value| Held {
            id: message["key"].as_str().expect("a key").to_owned(),
            sequence: message["headers"]["copydesk-sequence"].as_str().expect("a header").parse().expect("a number"),
            record: message["value"].as_str().map(|value| serde_json::from_str(value).expect("a record")),
        };
        self.messages(place).iter().map(held).collect()
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn parses(&self) -> bool {
        true
    }
}

#[async_trait]
impl Served for Kafka {
    fn address(&self) -> SocketAddr {
        servers::at(self.port)
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        Box::new(KafkaSink::new(self.options(place, address)))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        // The mock knows no users, so the topic is one that is not there.
        let options = self.options(place, self.address());
        Box::new(KafkaSink::new(KafkaOptions { topic: "nowhere".to_owned(), ..options }))
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        // The mock takes any size, so the limit is the sink's own.
        (put(article, sequence, &"a text that is too long ".repeat(10_000)), "max_message_bytes")
    }

    fn names_itself(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_kafka_protocol_keeps_the_contract() {
    contract::all(&Kafka::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_kafka_protocol_survives_every_fault() {
    faults::all(&Kafka::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_kafka_protocol_gets_an_articles_states_in_order_in_one_partition() {
    let server = Kafka::start();
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(server.sink(folder.path()), None).await;
    let text = "a long text ".repeat(5_000);
    let rows: Vec<Row> = (1..=40).map(|n| put((n % 8) as u8, n, &text)).chain([delete(3, 41)]).collect();
    desk.deliver(&rows).await;
    let messages = server.messages(folder.path());
    assert_eq!(messages.len(), 41, "requests of 200,000 bytes lose none");
    let mut places = std::collections::BTreeMap::new();
    for message in &messages {
        let key = message["key"].as_str().expect("a key").to_owned();
        let sequence: u64 = message["headers"]["copydesk-sequence"].as_str().expect("it").parse().expect("a number");
        let (partition, last) = places.insert(key, (message["partition"].clone(), sequence)).unwrap_or_default();
        assert!(partition.is_null() || partition == message["partition"]);
        assert!(last < sequence, "in order");
        assert_eq!(message["value"].is_null(), message["headers"]["copydesk-change"] == "delete");
    }
}
