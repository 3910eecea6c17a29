//! What a configuration says about a sink, and the sink built from it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

#[cfg(feature = "http")]
use crate::http;
use crate::{
    FolderOptions, JsonlOptions, JsonlSink, Sink, SqliteOptions, SqliteSink, StdoutOptions, StdoutSink, folder_sink,
};
#[cfg(feature = "kafka")]
use crate::{KafkaOptions, KafkaSink};
#[cfg(feature = "nats")]
use crate::{NatsOptions, NatsSink};
#[cfg(feature = "opensearch")]
use crate::{OpensearchOptions, OpensearchSink};
#[cfg(feature = "postgres")]
use crate::{PostgresOptions, PostgresSink};
#[cfg(feature = "s3")]
use crate::{S3Options, s3_sink};
#[cfg(feature = "webhook")]
use crate::{WebhookOptions, WebhookSink};

/// Values of `type`, whether this build has them or not.
pub const KINDS: [&str; 10] =
    ["jsonl", "sqlite", "stdout", "folder", "postgres", "webhook", "opensearch", "nats", "kafka", "s3"];

/// Whether this build has a type; where not, it is a cargo feature of that name.
#[must_use]
pub fn is_built(kind: &str) -> bool {
    let of_features = [
        ("postgres", cfg!(feature = "postgres")),
        ("webhook", cfg!(feature = "webhook")),
        ("opensearch", cfg!(feature = "opensearch")),
        ("nats", cfg!(feature = "nats")),
        ("kafka", cfg!(feature = "kafka")),
        ("s3", cfg!(feature = "s3")),
    ];
    matches!(kind, "jsonl" | "sqlite" | "stdout" | "folder") || of_features.contains(&(kind, true))
}

/// Options of one sink; `type` says which.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SinkOptions {
    /// `type = "jsonl"`.
    Jsonl(JsonlOptions),
    /// `type = "sqlite"`.
    Sqlite(SqliteOptions),
    /// `type = "stdout"`.
    Stdout(StdoutOptions),
    /// `type = "folder"`.
    Folder(FolderOptions),
    /// `type = "postgres"`.
    #[cfg(feature = "postgres")]
    Postgres(PostgresOptions),
    /// `type = "webhook"`.
    #[cfg(feature = "webhook")]
    Webhook(WebhookOptions),
    /// `type = "opensearch"`.
    #[cfg(feature = "opensearch")]
    Opensearch(OpensearchOptions),
    /// `type = "nats"`.
    #[cfg(feature = "nats")]
    Nats(NatsOptions),
    /// `type = "kafka"`.
    #[cfg(feature = "kafka")]
    Kafka(KafkaOptions),
    /// `type = "s3"`.
    #[cfg(feature = "s3")]
    S3(S3Options),
}

impl SinkOptions {
    /// The `type` it was chosen by.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Jsonl(_) => "jsonl",
            Self::Sqlite(_) => "sqlite",
            Self::Stdout(_) => "stdout",
            Self::Folder(_) => "folder",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "postgres",
            #[cfg(feature = "webhook")]
            Self::Webhook(_) => "webhook",
            #[cfg(feature = "opensearch")]
            Self::Opensearch(_) => "opensearch",
            #[cfg(feature = "nats")]
            Self::Nats(_) => "nats",
            #[cfg(feature = "kafka")]
            Self::Kafka(_) => "kafka",
            #[cfg(feature = "s3")]
            Self::S3(_) => "s3",
        }
    }

    /// Makes relative paths count from `base`, the folder of the configuration file.
    pub fn resolve_paths(&mut self, base: &Path) {
        match self {
            Self::Jsonl(options) => options.path = base.join(&options.path),
            Self::Sqlite(options) => options.path = base.join(&options.path),
            Self::Stdout(_) => {}
            Self::Folder(options) => options.path = base.join(&options.path),
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => options.resolve_paths(base),
            #[cfg(feature = "webhook")]
            Self::Webhook(options) => options.resolve_paths(base),
            #[cfg(feature = "opensearch")]
            Self::Opensearch(options) => options.resolve_paths(base),
            #[cfg(feature = "nats")]
            Self::Nats(options) => options.resolve_paths(base),
            #[cfg(feature = "kafka")]
            Self::Kafka(options) => options.resolve_paths(base),
            #[cfg(feature = "s3")]
            Self::S3(options) => options.resolve_paths(base),
        }
    }

    /// The file the sink writes, where it writes one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Jsonl(options) => Some(&options.path),
            Self::Sqlite(options) => Some(&options.path),
            _ => None,
        }
    }

    /// Folders the sink writes to; they are made when it opens.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        match self {
            Self::Folder(options) => vec![options.path.clone()],
            _ => self.file().and_then(Path::parent).map(Path::to_owned).into_iter().collect(),
        }
    }

    /// Whether it can be given a part of the record's fields.
    #[must_use]
    pub const fn takes_fields(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
            _ => true,
        }
    }

    /// What is wrong with the options, as far as this machine can tell: secrets that can't be read, addresses that are
    /// none. Nobody is asked over the network.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Folder(options) => options.format.problem().into_iter().collect(),
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => options.problems(),
            #[cfg(feature = "webhook")]
            Self::Webhook(options) => options.problems(),
            #[cfg(feature = "opensearch")]
            Self::Opensearch(options) => options.problems(),
            #[cfg(feature = "nats")]
            Self::Nats(options) => options.problems(),
            #[cfg(feature = "kafka")]
            Self::Kafka(options) => options.problems(),
            #[cfg(feature = "s3")]
            Self::S3(options) => options.problems(),
            _ => Vec::new(),
        }
    }

    /// Where its servers are to be reached, any of which will do: HOST:PORT, or the path of a socket. Nothing for a
    /// sink that has none, or where the address is none.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => options.servers(),
            #[cfg(feature = "webhook")]
            Self::Webhook(options) => http::servers(&options.url),
            #[cfg(feature = "opensearch")]
            Self::Opensearch(options) => http::servers(&options.url),
            #[cfg(feature = "nats")]
            Self::Nats(options) => options.servers(),
            #[cfg(feature = "kafka")]
            Self::Kafka(options) => options.brokers.clone(),
            #[cfg(feature = "s3")]
            Self::S3(options) => options.servers(),
            _ => Vec::new(),
        }
    }

    /// The sink, not yet open.
    #[must_use]
    pub fn build(&self) -> Box<dyn Sink> {
        match self {
            Self::Jsonl(options) => Box::new(JsonlSink::new(options.clone())),
            Self::Sqlite(options) => Box::new(SqliteSink::new(options.clone())),
            Self::Stdout(_) => Box::new(StdoutSink::new()),
            Self::Folder(options) => folder_sink(options),
            #[cfg(feature = "postgres")]
            Self::Postgres(options) => Box::new(PostgresSink::new(options.clone())),
            #[cfg(feature = "webhook")]
            Self::Webhook(options) => Box::new(WebhookSink::new(options.clone())),
            #[cfg(feature = "opensearch")]
            Self::Opensearch(options) => Box::new(OpensearchSink::new(options.clone())),
            #[cfg(feature = "nats")]
            Self::Nats(options) => Box::new(NatsSink::new(options.clone())),
            #[cfg(feature = "kafka")]
            Self::Kafka(options) => Box::new(KafkaSink::new(options.clone())),
            #[cfg(feature = "s3")]
            Self::S3(options) => s3_sink(options),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn servers_are_where_the_address_says() {
        for (value, servers) in [
            (json!({"type": "stdout"}), vec![]),
            (json!({"type": "postgres", "url": "postgresql://db/news"}), vec!["db:5432"]),
            (json!({"type": "postgres", "url": "postgresql://a,b:6000/news"}), vec!["a:5432", "b:6000"]),
            (json!({"type": "postgres", "url": "postgresql://%2Frun%2Fpg/news"}), vec!["/run/pg/.s.PGSQL.5432"]),
            (json!({"type": "webhook", "url": "https://hook.example/a:b"}), vec!["hook.example:443"]),
            (json!({"type": "opensearch", "url": "http://[::1]:9200"}), vec!["[::1]:9200"]),
            (json!({"type": "nats", "url": "nats://queue.example"}), vec!["queue.example:4222"]),
            (json!({"type": "kafka", "brokers": ["a:9092", "b:9092"]}), vec!["a:9092", "b:9092"]),
            (json!({"type": "s3", "bucket": "news"}), vec!["s3.us-east-1.amazonaws.com:443"]),
            (json!({"type": "s3", "bucket": "news", "endpoint": "http://[::1]:9000/x"}), vec!["[::1]:9000"]),
            (json!({"type": "s3", "bucket": "news", "endpoint": "https://store.example"}), vec!["store.example:443"]),
        ] {
            if is_built(value["type"].as_str().expect("a type")) {
                assert_eq!(from_value::<SinkOptions>(value.clone()).expect("options").servers(), servers, "{value}");
            }
        }
    }

    #[test]
    fn options_have_defaults_and_refuse_what_they_do_not_know() {
        let read = |value| from_value::<SinkOptions>(value);
        let mut kinds = Vec::new();
        for value in [
            json!({"type": "jsonl", "path": "out/a.jsonl"}),
            json!({"type": "sqlite", "path": "out/a.db"}),
            json!({"type": "stdout"}),
            json!({"type": "folder", "path": "out"}),
            json!({"type": "postgres", "url": "postgresql://db/news"}),
            json!({"type": "webhook", "url": "https://hook.example"}),
            json!({"type": "opensearch", "url": "https://search.example"}),
            json!({"type": "nats", "url": "nats://queue.example"}),
            json!({"type": "kafka", "brokers": ["queue.example:9092"]}),
            json!({"type": "s3", "bucket": "news"}),
        ] {
            if !is_built(value["type"].as_str().expect("a type")) {
                kinds.push(
                    value["type"].as_str().and_then(|kind| KINDS.into_iter().find(|k| *k == kind)).expect("known"),
                );
                continue;
            }
            let mut wrong = value.clone();
            wrong["segment_max_byte"] = json!(1);
            let error = read(wrong).expect_err("unknown key").to_string();
            assert!(error.contains("segment_max_byte"), "{error}");
            let mut options = read(value).expect("options");
            options.resolve_paths(Path::new("/etc/desk"));
            assert!(options.folders().iter().all(|folder| folder == Path::new("/etc/desk/out")), "{options:?}");
            assert_eq!(options.problems(), Vec::<String>::new());
            kinds.push(options.kind());
        }
        assert_eq!(kinds, KINDS);
        assert!(read(json!({"type": "pigeon"})).is_err());
    }
}
