//! Parts as Parquet, read by a reader that shares nothing with the writer: pyarrow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use async_trait::async_trait;
use copydesk_sinks::{FolderOptions, PartFormat, Sink, folder_sink};
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Desk, Held, Subject, delete, put};
use crate::servers;

const READER: &str = "
import json, sys, pyarrow.parquet
for path in sys.argv[1:]:
    for row in pyarrow.parquet.ParquetFile(path).read().to_pylist():
        print(json.dumps(row))
";

struct Parquet;

impl Parquet {
    fn parts(place: &Path) -> Vec<PathBuf> {
        let entries = |folder: &Path| -> Vec<PathBuf> {
            fs::read_dir(folder).expect("list").map(|entry| entry.expect("entry").path()).collect()
        };
        let mut parts: Vec<PathBuf> = entries(&place.join("out")).iter().flat_map(|day| entries(day)).collect();
        parts.sort();
        parts
    }

    fn table(place: &Path) -> Vec<Value> {
        let parts = Self::parts(place);
        if parts.is_empty() {
            return Vec::new();
        }
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin");
        let python = servers::find("python", &[ours], "PyPI's `pyarrow` into target/python");
        let output = Command::new(python).args(["-c", READER]).args(parts).output().expect("run the reader");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

#[async_trait]
impl Subject for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn sink(&self, place: &Path) -> Box<dyn Sink> {
        folder_sink(&FolderOptions { format: PartFormat::Parquet, ..FolderOptions::at(place.join("out")) })
    }

    async fn rows(&self, place: &Path) -> Vec<Held> {
        let held = |row: Value| Held {
            id: row["id"].as_str().expect("an id").to_owned(),
            sequence: row["sequence"].as_u64().expect("a sequence"),
            record: row["record"].as_str().map(|record| serde_json::from_str(record).expect("a record")),
        };
        Self::table(place).into_iter().map(held).collect()
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn parses(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn real_parquet_parts_keep_the_contract() {
    contract::all(&Parquet).await;
}

#[tokio::test]
async fn real_parquet_columns_are_what_the_records_say() {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(Parquet.sink(folder.path()), None).await;
    desk.deliver(&[put(1, 1, "Ærø and 東京"), delete(2, 2)]).await;
    let parts = Parquet::parts(folder.path());
    assert!(
        parts.len() == 1 && parts[0].to_string_lossy().ends_with("/000000000001-000000000002.parquet"),
        "{parts:?}"
    );
    let mut rows = Parquet::table(folder.path());
    let record: Value = serde_json::from_str(rows[0]["record"].take().as_str().expect("a record")).expect("JSON");
    assert_eq!((&record["text"], record["entities"].is_array()), (&json!("Ærø and 東京"), true));
    let id = |article: &str| article.repeat(16);
    assert_eq!(
        rows[0],
        json!({
            "id": id("01"), "sequence": 1, "deleted": false, "version": 1, "is_current": true, "document": id("01"),
            "verdict": "original", "verdict_of": null, "source": "default", "site": "news.example",
            "url": "https://news.example/1", "published": null, "language": "en", "title": "Report 1",
            "text": "Ærø and 東京", "record": null
        })
    );
    assert_eq!((&rows[1]["id"], &rows[1]["deleted"], &rows[1]["text"]), (&json!(id("02")), &json!(true), &Value::Null));
}
