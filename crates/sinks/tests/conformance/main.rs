//! What every store must do (`contract.rs`), what every store with a server must survive (`faults.rs`), and in a
//! module each, what only one of them must.
//!
//! Tests with `real` in their names start a real server on a random port of this machine; they fail where there is
//! none. `tests/run` installs the servers, and where it may not it leaves those tests out and says so.

mod contract;
mod faults;
mod folder;
mod harness;
mod jsonl;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "opensearch")]
mod opensearch;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
#[path = "../../../../tests/support/postgres_server.rs"]
#[allow(dead_code)] // the end-to-end tests use it, too
mod postgres_server;
mod proxy;
#[cfg(feature = "s3")]
mod s3;
#[path = "../../../../tests/support/servers.rs"]
#[allow(dead_code)] // not every build has every server
mod servers;
mod sqlite;
#[cfg(feature = "webhook")]
mod webhook;

#[tokio::test]
async fn jsonl_keeps_the_contract() {
    contract::all(&harness::Jsonl).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract::all(&harness::Sqlite).await;
}

#[tokio::test]
async fn stdout_keeps_the_contract() {
    contract::all(&harness::Stdout).await;
}
