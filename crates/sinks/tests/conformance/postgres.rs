//! PostgreSQL, the real server: the contract, the faults, and what people search in it.

use std::net::SocketAddr;
use std::path::Path;

use async_trait::async_trait;
use copydesk_sinks::{PostgresOptions, PostgresSink, Row, Sink};
use tokio_postgres::{Client, Config, NoTls};

use crate::harness::{Desk, Held, Served, Subject, WRONG, delete, name_of, put, put_record, record, secret};
use crate::postgres_server::{PASSWORD, PostgresServer};
use crate::{contract, faults, servers};

struct Postgres(PostgresServer);

impl Postgres {
    fn start() -> Self {
        Self(PostgresServer::start())
    }

    async fn connect(&self) -> Client {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.0.port).user("desk").password(PASSWORD).dbname("postgres");
        // After a crash it refuses everybody while it recovers.
        for _ in 0..600 {
            if let Ok((client, connection)) = config.connect(NoTls).await {
                tokio::spawn(connection);
                return client;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the server does not answer");
    }

    async fn column(&self, place: &Path, sql: &str) -> Vec<String> {
        let client = self.connect().await;
        client.batch_execute(&format!("SET search_path TO {}", name_of(place))).await.expect("set");
        client.query(sql, &[]).await.expect("query").iter().map(|row| row.get(0)).collect()
    }

    fn options(&self, place: &Path, address: SocketAddr, password: &str) -> PostgresOptions {
        PostgresOptions {
            password: Some(secret(place, password)),
            schema: name_of(place),
            timeout_secs: if address == self.address() { 60 } else { 2 },
            ..PostgresOptions::at(format!("postgresql://desk@{address}/postgres"))
        }
    }
}

#[async_trait]
impl Subject for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        self.sink_at(place, self.address())
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let client = self.connect().await;
        let sql = format!(
            "SELECT id, sequence, record::text FROM {0}.articles UNION ALL SELECT id, sequence, NULL FROM {0}.tombstones",
            name_of(place)
        );
        let rows = client.query(&sql, &[]).await.expect("query");
        let held = |row: &tokio_postgres::Row| {
            let record: Option<&str> = row.get(2);
            let record = record.map(|record| serde_json::from_str(record).expect("a record"));
            Held { id: row.get(0), sequence: row.get::<_, i64>(1).unsigned_abs(), record }
        };
        rows.iter().map(held).collect()
    }

    fn parses(&self) -> bool {
        true
    }
}

#[async_trait]
impl Served for Postgres {
    fn address(&self) -> SocketAddr {
        servers::at(self.0.port)
    }

    fn sink_at(&self, place: &Path, address: SocketAddr) -> Box<dyn Sink> {
        Box::new(PostgresSink::new(self.options(place, address, PASSWORD)))
    }

    fn stranger(&self, place: &Path) -> Box<dyn Sink> {
        Box::new(PostgresSink::new(self.options(place, self.address(), WRONG)))
    }

    fn poison(&self, article: u8, sequence: u64) -> (Row, &'static str) {
        // A record like any other, but no text of PostgreSQL's holds a NUL.
        (put(article, sequence, "text with a \0 in it"), "0x00")
    }

    async fn restart(&self) -> bool {
        tokio::task::block_in_place(|| self.0.restart());
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_keeps_the_contract() {
    contract::all(&Postgres::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_survives_every_fault() {
    faults::all(&Postgres::start()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_finds_words_and_names_in_the_newest_state() {
    let server = Postgres::start();
    let folder = tempfile::tempdir().expect("temp");
    let place = folder.path();
    let mut desk = Desk::open(server.sink(place), None).await;
    desk.deliver(&[put(1, 1, "in Kabul and é Herat and Kabul"), put(2, 2, "to Lima"), put(3, 3, "from Oslo")]).await;
    let found = async |words: &str| {
        let sql = format!(
            "SELECT url FROM current_articles WHERE search @@ websearch_to_tsquery('simple', '{words}') ORDER BY url"
        );
        server.column(place, &sql).await
    };
    let names =
        async || server.column(place, "SELECT name || ' ' || array_to_string(ids, ',') FROM entities ORDER BY 1").await;
    assert_eq!(found("herat").await, ["https://news.example/1"]);
    assert_eq!(found("report").await.len(), 3, "titles are found, too");
    let mentions = "SELECT m.text || ' ' || field || ' ' || start || '-' || \"end\" FROM mentions m
                    JOIN entities e ON e.article = m.article AND e.ordinal = m.entity ORDER BY m.article, start";
    let expected = ["Kabul text 3-8", "Herat text 15-20", "Kabul text 25-30", "Lima text 3-7", "Oslo text 5-9"];
    assert_eq!(server.column(place, mentions).await, expected);
    let mut old = record(3, 5, "from Oslo");
    old.is_current = false;
    desk.deliver(&[put(1, 4, "from Quito"), put_record(&old), delete(2, 6), put(2, 1, "an older Lima")]).await;
    assert_eq!(found("herat").await, [""; 0]);
    assert_eq!(found("oslo").await, [""; 0], "not current");
    assert_eq!(found("quito").await, ["https://news.example/1"]);
    assert_eq!(names().await, ["Oslo local:Oslo,iso:XX", "Quito local:Quito,iso:XX"]);
    let by_id = "SELECT name FROM entities WHERE ids @> '{local:Quito}'";
    assert_eq!(server.column(place, by_id).await, ["Quito"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_takes_a_text_longer_than_its_index() {
    let server = Postgres::start();
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(server.sink(folder.path()), None).await;
    let long: String = (0..300_000).map(|n| format!("wörd{n} ")).collect();
    let report = desk.deliver(&[put(1, 1, &long), put(2, 2, "text")]).await;
    assert_eq!(report.rejected, []);
    assert_eq!(server.rows(folder.path()).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_tables_that_are_not_ours_are_refused_untouched() {
    let server = Postgres::start();
    let client = server.connect().await;
    let (foreign, newer) = (tempfile::tempdir().expect("temp"), tempfile::tempdir().expect("temp"));
    let name = name_of(foreign.path());
    client.batch_execute(&format!("CREATE SCHEMA {name}; CREATE TABLE {name}.songs (name text)")).await.expect("make");
    let error = server.sink(foreign.path()).open(None).await.expect_err("refused").message;
    assert!(error.contains("another program"), "{error}");
    server.sink(newer.path()).open(None).await.expect("open");
    client
        .batch_execute(&format!("UPDATE {}.copydesk_schema SET version = 99", name_of(newer.path())))
        .await
        .expect("set");
    let error = server.sink(newer.path()).open(None).await.expect_err("refused").message;
    assert!(error.contains("newer copydesk"), "{error}");
    let tables = client.query("SELECT tablename FROM pg_tables WHERE schemaname = $1", &[&name]).await.expect("query");
    assert_eq!(tables.len(), 1, "untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_postgres_over_tls_is_believed_only_with_its_certificate() {
    let server = Postgres::start();
    let root = server.0.speak_tls();
    let folder = tempfile::tempdir().expect("temp");
    let url = format!("postgresql://desk@{}/postgres?sslmode=require", server.address());
    let options = PostgresOptions { url, ..server.options(folder.path(), server.address(), PASSWORD) };
    let error = PostgresSink::new(options.clone()).open(None).await.expect_err("nobody knows that root").message;
    assert!(error.contains("certificate"), "{error}");
    let options = PostgresOptions { ca_file: Some(root), ..options };
    let mut desk = Desk::open(Box::new(PostgresSink::new(options)), None).await;
    desk.deliver(&[put(1, 1, "text")]).await;
    let client = server.connect().await;
    let row = client.query_one("SELECT count(*) FROM pg_stat_ssl WHERE ssl", &[]).await.expect("query");
    assert_eq!(row.get::<_, i64>(0), 1, "the sink's connection is the one over TLS");
}
