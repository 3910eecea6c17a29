//! What the end-to-end tests share: a desk in a folder of its own, articles to drop, and the oracle.
//!
//! The tests run the real binary on real folders. Nothing of the pipeline is linked in except the ledger, to read
//! what a stopped desk has left.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub mod articles;
pub mod browser;
pub mod desk;
pub mod dice;
pub mod endpoint;
pub mod formats;
pub mod metrics;
pub mod mount;
pub mod oracle;
pub mod postgres_server;
pub mod servers;
pub mod torture;
