//! Stores the desk delivers to.
//!
//! [`Sink`] is the contract, and what it asks is what the suite in `tests/` checks for every store; a new
//! store is one file here, one variant of [`SinkOptions`] and one subject in the suite's harness.
//!
//! | sink | class | what it is |
//! |---|---|---|
//! | [`JsonlSink`] | [`Class::FencedAppend`] | lines in files, closed and compressed by size and hour |
//! | [`SqliteSink`] | [`Class::Keyed`] | a searchable database in a file |
//! | [`StdoutSink`] | [`Class::Append`] | lines on standard output |
//! | [`folder_sink`] | [`Class::FencedAppend`] | a folder of parts: compressed JSON Lines or Parquet, by day |
//! | `s3_sink` | [`Class::FencedAppend`] | the same in a bucket |
//! | `PostgresSink` | [`Class::Keyed`] | tables in a PostgreSQL database |
//! | `OpensearchSink` | [`Class::Keyed`] | an index of OpenSearch or Elasticsearch |
//! | `NatsSink` | [`Class::Append`] | messages in a JetStream stream |
//! | `KafkaSink` | [`Class::Append`] | messages in a Kafka topic |
//! | `WebhookSink` | [`Class::Append`] | POSTs to an endpoint of the user's |
//!
//! Any of them can be given a choice of articles and fields ([`choosy`]).
//!
//! A sink knows one store and nothing of the ledger, the pipeline or its neighbours. Batching, backoff and
//! cursors belong to the runner. The first four do blocking work off the async threads, one call at a time; the
//! others wait for their server, but for each answer no longer than `timeout_secs`. Those with a client library of
//! their own are cargo features, so that a build takes no longer than what it is for.

mod blocking;
mod choice;
mod contract;
mod envelope;
mod folder;
#[cfg(feature = "http")]
mod http;
mod jsonl;
#[cfg(feature = "kafka")]
mod kafka;
mod lines;
#[cfg(feature = "network")]
mod named;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "opensearch")]
mod opensearch;
mod options;
#[cfg(feature = "parquet")]
mod parquet_part;
mod parts;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "s3")]
mod s3;
mod secret;
mod segment;
mod sqlite;
mod stdout;
#[cfg(feature = "network")]
mod tls;
#[cfg(feature = "webhook")]
mod webhook;
#[cfg(feature = "network")]
mod within;

pub use blocking::at_rest;
pub use choice::{Choice, Filter, RECORD_FIELDS, choosy};
pub use contract::*;
pub use folder::{FolderOptions, folder_sink};
pub use jsonl::{Clock, JsonlOptions, JsonlSink};
#[cfg(feature = "kafka")]
pub use kafka::{KafkaMechanism, KafkaOptions, KafkaSink};
#[cfg(feature = "nats")]
pub use nats::{NatsOptions, NatsSink};
#[cfg(feature = "opensearch")]
pub use opensearch::{OpensearchOptions, OpensearchSink};
pub use options::{KINDS, SinkOptions, is_built};
pub use parts::PartFormat;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresSink};
#[cfg(feature = "s3")]
pub use s3::{S3Options, s3_sink};
pub use secret::{Revealed, Secret};
pub use segment::Compression;
pub use sqlite::{SqliteOptions, SqliteSink};
pub use stdout::{StdoutOptions, StdoutSink};
#[cfg(feature = "webhook")]
pub use webhook::{WebhookMode, WebhookOptions, WebhookSink};
