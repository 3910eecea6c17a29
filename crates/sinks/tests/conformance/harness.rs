//! What the conformance suite needs to test a store: subjects, a desk that follows the contract, records.
//!
//! A new store is one more [`Subject`].

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use copydesk_article::{
    ArticleId, Entity, EntityType, Field, Language, Mention, OFFSET_UNIT, Pipeline, Record, Sequence, SourceFormat,
    SourceInfo, Urls, VerdictKind, VerdictTag,
};
use copydesk_sinks::{
    Change, JsonlOptions, JsonlSink, Report, Row, Secret, Sink, SinkError, SqliteOptions, SqliteSink, StdoutSink,
};
use serde_json::{Map, Value};

/// One row as a store holds it; `record` is none for a delete.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub id: String,
    pub sequence: u64,
    pub record: Option<Value>,
}

/// A store under test.
#[async_trait]
pub trait Subject: Send + Sync {
    fn name(&self) -> &'static str;

    /// A new sink on the store at a place (a folder of its own), not yet open.
    fn sink(&self, place: &Path) -> Box<dyn Sink>;

    /// Every row the store holds. Keyed stores hold one an id, and deletes as rows without a record.
    async fn rows(&self, place: &Path) -> Vec<Held>;

    /// Leaves what a crash in the middle of writing these rows leaves behind, where the store does not
    /// undo that by itself.
    fn tear(&self, _place: &Path, _batch: &[Row]) {}

    /// Whether rows come back in the order they were delivered in.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Whether rows are parsed, so that one that is no record is rejected.
    fn parses(&self) -> bool;
}

/// The newest state of each id: its sequence and record.
pub fn newest(rows: &[Held]) -> BTreeMap<String, (u64, Option<Value>)> {
    let mut states = BTreeMap::new();
    for row in rows {
        let state = states.entry(row.id.clone()).or_insert_with(|| (row.sequence, row.record.clone()));
        if row.sequence >= state.0 {
            *state = (row.sequence, row.record.clone());
        }
    }
    states
}

/// The rows as a store of lines would hold them.
pub fn held(batch: &[Row]) -> Vec<Held> {
    let record = |row: &Row| match &row.change {
        Change::Put { record, .. } => Some(serde_json::from_slice(record).expect("record")),
        Change::Delete { .. } => None,
    };
    batch.iter().map(|row| Held { id: row.id().to_string(), sequence: row.sequence.0, record: record(row) }).collect()
}

/// A store with a server.
#[async_trait]
pub trait Served: Subject {
    /// Where the server listens.
    fn address(&self) -> SocketAddr;

    /// A sink that reaches the server at another address and waits a second for an answer.
    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink>;

    /// Whether its answers say where it is, as Kafka's do, so that a proxy must put itself in its place.
    fn names_itself(&self) -> bool {
        false
    }

    /// A sink whose secret, [`WRONG`], is not the server's.
    fn stranger(&self, place: &Path) -> Box<dyn Sink>;

    /// A row that only the server can find fault with, and a word of what it says.
    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str);

    /// Kills the server and starts it again; false where it would forget everything.
    async fn restart(&self) -> bool {
        false
    }
}

/// A secret that is wrong everywhere.
pub const WRONG: &str = "wrong-pass-word";

/// A file with a secret in a place, as a sink is told of it.
pub fn secret(place: &Path, text: &str) -> Secret {
    let path = place.join(format!("secret-{}", text.len()));
    fs::write(&path, format!("{text}\n")).expect("write a secret");
    Secret::File(path)
}

/// Calls a sink as the contract says, and keeps what the ledger would keep.
pub struct Desk {
    pub sink: Box<dyn Sink>,
    pub stored: Option<Vec<u8>>,
}

impl Desk {
    /// Opens the sink with what was stored.
    pub async fn open(mut sink: Box<dyn Sink>, stored: Option<Vec<u8>>) -> Self {
        sink.open(stored.as_deref()).await.expect("open");
        Self { sink, stored }
    }

    /// A crash: the sink is dropped where it stands, and a new one opened with what was stored.
    pub async fn crash(self, next: Box<dyn Sink>) -> Self {
        let stored = self.stored;
        drop(self.sink);
        Self::open(next, stored).await
    }

    pub async fn prepare(&mut self, batch: &[Row]) -> Result<(), SinkError> {
        if let Some(state) = self.sink.prepare(batch).await? {
            self.stored = Some(state);
        }
        Ok(())
    }

    /// Prepares and delivers, but the reply is lost: what was stored before the delivery stays.
    pub async fn deliver_unheard(&mut self, batch: &[Row]) {
        self.prepare(batch).await.expect("prepare");
        self.sink.deliver(batch).await.expect("deliver");
    }

    /// One try, as the runner makes it: what fails is opened again before the next.
    pub async fn attempt(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        self.prepare(batch).await?;
        let report = self.sink.deliver(batch).await?;
        if let Some(state) = self.sink.state() {
            self.stored = Some(state);
        }
        Ok(report)
    }

    pub async fn deliver(&mut self, batch: &[Row]) -> Report {
        self.attempt(batch).await.expect("deliver")
    }
}

/// The JSON Lines files.
pub struct Jsonl;

impl Jsonl {
    pub fn path(place: &Path) -> PathBuf {
        place.join("out/articles.jsonl")
    }

    /// Names of the files there, in order.
    pub fn files(place: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(place.join("out")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("entry").file_name().into_string().expect("name")).collect();
        names.sort();
        names
    }
}

#[async_trait]
impl Subject for Jsonl {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(JsonlSink::with_clock(JsonlOptions::at(Self::path(place)), Arc::new(|| jiff::Timestamp::UNIX_EPOCH)))
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let mut rows = Vec::new();
        for name in Self::files(place).into_iter().filter(|name| !name.ends_with(".unfinished")) {
            let file = File::open(place.join("out").join(&name)).expect("open");
            let bytes = if name.ends_with(".zst") {
                zstd::decode_all(file).expect("zstd")
            } else {
                std::io::read_to_string(file).expect("read").into_bytes()
            };
            rows.extend(read_lines(&bytes));
        }
        rows
    }

    fn tear(&self, place: &Path, batch: &[Row]) {
        let mut file = OpenOptions::new().append(true).open(Self::path(place)).expect("open");
        file.write_all(&half_of(batch)).expect("write");
    }

    fn parses(&self) -> bool {
        false
    }
}

/// The SQLite database.
pub struct Sqlite;

impl Sqlite {
    pub fn connect(place: &Path) -> rusqlite::Connection {
        rusqlite::Connection::open(place.join("out/articles.db")).expect("open")
    }
}

#[async_trait]
impl Subject for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(SqliteSink::new(SqliteOptions::at(place.join("out/articles.db"))))
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let database = Self::connect(place);
        let sql = "SELECT id, sequence, record FROM articles UNION ALL SELECT id, sequence, NULL FROM tombstones";
        let mut statement = database.prepare(sql).expect("prepare");
        let rows = statement.query_map([], |row| {
            let record: Option<String> = row.get(2)?;
            let record = record.map(|record| serde_json::from_str(&record).expect("record"));
            Ok(Held { id: row.get(0)?, sequence: row.get::<_, i64>(1)?.unsigned_abs(), record })
        });
        rows.expect("query").map(|row| row.expect("row")).collect()
    }

    fn parses(&self) -> bool {
        true
    }
}

/// Standard output, as a file.
pub struct Stdout;

#[async_trait]
impl Subject for Stdout {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        let file = OpenOptions::new().create(true).append(true).open(place.join("stdout")).expect("open");
        Box::new(StdoutSink::with_writer(Box::new(file)))
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        read_lines(&fs::read(place.join("stdout")).expect("read"))
    }

    fn tear(&self, place: &Path, batch: &[Row]) {
        // Whole lines: what a reader has got of a half line is its own to throw away.
        let half = half_of(batch);
        let whole = half.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let mut file = OpenOptions::new().append(true).open(place.join("stdout")).expect("open");
        file.write_all(&half[..whole]).expect("write");
    }

    fn parses(&self) -> bool {
        false
    }
}

/// A name for a place that any server takes: small letters and digits.
pub fn name_of(place: &Path) -> String {
    let name = place.file_name().expect("a name").to_string_lossy().to_lowercase();
    format!("t{}", name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}

fn half_of(batch: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in batch {
        if let Change::Put { record, .. } = &row.change {
            bytes.extend_from_slice(record);
            bytes.push(b'\n');
        }
    }
    bytes.truncate(bytes.len() * 3 / 5);
    bytes
}

pub fn read_lines(bytes: &[u8]) -> Vec<Held> {
    let text = std::str::from_utf8(bytes).expect("text");
    assert!(text.is_empty() || text.ends_with('\n'), "a line is torn");
    let read = |line: &str| {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            return Held { id: line.to_owned(), sequence: 0, record: None };
        };
        Held {
            id: value["id"].as_str().expect("id").to_owned(),
            sequence: value["sequence"].as_u64().expect("sequence"),
            record: (value["deleted"] != true).then_some(value),
        }
    };
    text.lines().map(read).collect()
}

/// The id of a numbered article.
pub fn id(article: u8) -> ArticleId {
    ArticleId::from_bytes([article; 16])
}

/// A row that puts a numbered article with a text at a sequence.
pub fn put(article: u8, sequence: u64, text: &str) -> Row {
    put_record(&record(article, sequence, text))
}

/// A row that puts a record.
pub fn put_record(record: &Record) -> Row {
    let bytes: Arc<[u8]> = serde_json::to_vec(record).expect("json").into();
    Row { sequence: record.sequence, change: Change::Put { id: record.id, record: bytes } }
}

/// A row that deletes a numbered article at a sequence.
pub fn delete(article: u8, sequence: u64) -> Row {
    Row { sequence: Sequence(sequence), change: Change::Delete { id: id(article) } }
}

/// A small record. Each word of the text that begins with a capital is an entity.
pub fn record(article: u8, sequence: u64, text: &str) -> Record {
    let mut entities: Vec<Entity> = Vec::new();
    let mut start = 0;
    for word in text.split(' ') {
        let end = start + word.chars().count();
        if word.starts_with(char::is_uppercase) {
            let mention = Mention { field: Field::Text, start, end, text: word.to_owned() };
            match entities.iter_mut().find(|entity| entity.name == word) {
                Some(entity) => entity.mentions.push(mention),
                None => entities.push(Entity {
                    name: word.to_owned(),
                    kind: EntityType::Location,
                    ids: vec![format!("local:{word}"), "iso:XX".to_owned()],
                    place: None,
                    mentions: vec![mention],
                }),
            }
        }
        start = end + 1;
    }
    Record {
        id: id(article),
        document: id(article),
        version: 1,
        is_current: true,
        sequence: Sequence(sequence),
        verdict: VerdictTag { kind: VerdictKind::Original, of: None, similarity: None, measure: None },
        source: SourceInfo {
            name: "default".to_owned(),
            path: format!("{article}.txt"),
            format: SourceFormat::Text,
            bytes: text.len() as u64,
            record: 0,
            charset: Some("utf-8".to_owned()),
            fetched_at: None,
            received_at: jiff::Timestamp::UNIX_EPOCH,
        },
        url: Urls { supplied: Some(format!("https://news.example/{article}")), canonical: None },
        site: Some("news.example".to_owned()),
        title: Some(format!("Report {article}")),
        subtitle: None,
        authors: Vec::new(),
        published: None,
        modified: None,
        kind: None,
        completeness: None,
        sections: Vec::new(),
        tags: Vec::new(),
        images: Vec::new(),
        links: Vec::new(),
        language: Language { code: "en".to_owned(), confidence: 1.0, parts: Vec::new() },
        text: text.to_owned(),
        changes: None,
        copies: None,
        removed: Vec::new(),
        marked: Vec::new(),
        repairs: Vec::new(),
        offset_unit: OFFSET_UNIT.to_owned(),
        entities,
        entity_engine: None,
        conflicts: Vec::new(),
        problems: Vec::new(),
        extra: Map::new(),
        pipeline: Pipeline { version: "0.0.0".to_owned(), epoch: 0 },
    }
}
