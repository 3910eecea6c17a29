//! Parts in a bucket: a real server that speaks S3 (moto).

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use async_trait::async_trait;
use copydesk_sinks::{Row, S3Options, Sink, s3_sink};
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStore, ObjectStoreExt};

use crate::harness::{Desk, Held, Served, Subject, name_of, put, read_lines, secret};
use crate::servers::{self, Server};
use crate::{contract, faults};

const BUCKET: &str = "news";

struct S3 {
    port: u16,
    _server: Server,
    _folder: tempfile::TempDir,
}

impl S3 {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("temp");
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin");
        let program = servers::find("moto_server", &[ours], "PyPI's `moto[server]`");
        let port = servers::free_port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let server = Server::start(&mut command, servers::at(port), &folder.path().join("log"));
        let new = Self { port, _server: server, _folder: folder };
        let url = format!("http://{}/{BUCKET}", new.address());
        let made = reqwest_put(&url).await;
        assert!(made.contains("200"), "{made}");
        new
    }

    fn client(&self) -> AmazonS3 {
        AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_region("us-east-1")
            .with_endpoint(format!("http://{}", self.address()))
            .with_allow_http(true)
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .build()
            .expect("a client")
    }

    fn options(&self, place: &Path, address: SocketAddr) -> S3Options {
        S3Options {
            prefix: name_of(place),
            endpoint: Some(format!("http://{address}")),
            access_key: Some(secret(place, "key")),
            secret_key: Some(secret(place, "secret")),
            timeout_secs: if address == self.address() { 30 } else { 2 },
            ..S3Options::at(BUCKET)
        }
    }
}

/// A bare PUT: the server asks for no signature.
async fn reqwest_put(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let (host, path) = (host.to_owned(), path.to_owned());
    tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&host).expect("connect");
        write!(stream, "PUT /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").expect("ask");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    })
    .await
    .expect("a PUT")
}

#[async_trait]
impl Subject for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.address())
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let client = self.client();
        let prefix = object_store::path::Path::from(name_of(place));
        let mut objects: Vec<_> = client.list(Some(&prefix)).try_collect().await.expect("list");
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        let mut rows = Vec::new();
        for object in objects {
            let bytes = client.get(&object.location).await.expect("get").bytes().await.expect("read");
            rows.extend(read_lines(&zstd::decode_all(&bytes[..]).expect("zstd")));
        }
        rows
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn parses(&self) -> bool {
        false
    }
}

#[async_trait]
impl Served for S3 {
    fn address(&self) -> SocketAddr {
        servers::at(self.port)
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        s3_sink(&self.options(place, address))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        // moto takes any key, so the bucket is the one that is not ours.
        let options = self.options(place, self.address());
        s3_sink(&S3Options { bucket: "nowhere".to_owned(), ..options })
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        let Row { sequence, .. } = put(article, sequence, "text");
        let change = copydesk_sinks::Change::Put { id: crate::harness::id(article), record: b"{\n}"[..].into() };
        (Row { sequence, change }, "line break")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_s3_keeps_the_contract() {
    contract::all(&S3::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_s3_survives_every_fault() {
    faults::all(&S3::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_s3_parts_stand_below_their_prefix_and_day() {
    let server = S3::start().await;
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(server.sink(folder.path()), None).await;
    desk.deliver(&[put(1, 1, "one"), put(2, 2, "two")]).await;
    let objects: Vec<_> = server.client().list(None).try_collect().await.expect("list");
    let name = objects[0].location.to_string();
    assert!(name.starts_with(&format!("{}/date=2", name_of(folder.path()))), "{name}");
    assert!(name.ends_with("/000000000001-000000000002.jsonl.zst"), "{name}");
}
