//! What the pipeline can be told.

use std::time::Duration;

use copydesk_article::{Measure, Verdict};
use serde::Deserialize;

/// How much the pipeline may hold, and when it gives up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Tasks and threads for the stages that compute. Default 0: one a processor.
    pub workers: usize,
    /// Bytes of records that may be in flight between reading and commit. Default 128 MiB.
    pub memory_budget_bytes: u64,
    /// Articles that may be in flight between reading and commit; at most 2048. Default 1024.
    pub max_in_flight: usize,
    /// Articles a channel between two stages holds. Default 64.
    pub channel_articles: usize,
    /// Articles committed together at most. Default 256.
    pub commit_articles: usize,
    /// Bytes the outbox may hold for the slowest required sink before intake waits. Default 1 GiB.
    pub outbox_limit_bytes: u64,
    /// Articles the slowest required sink may be behind before a backfill waits: about so many stand before a
    /// live article. Default 1000.
    pub backfill_lag_articles: u64,
    /// Free disk space, in bytes, below which intake waits. Default 256 MiB.
    pub free_space_reserve_bytes: u64,
    /// Seconds that a stop waits for the sinks to take what is committed. Default 30.
    pub stop_secs: u64,
    /// Restarts of the pipeline after a fault, within ten minutes, before the process gives up. Default 5.
    pub restarts: u32,
    /// Seconds one step of work may take before the process is given up as hung. Default 300.
    pub hang_secs: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 0,
            memory_budget_bytes: 128 << 20,
            max_in_flight: 1024,
            channel_articles: 64,
            commit_articles: 256,
            outbox_limit_bytes: 1 << 30,
            backfill_lag_articles: 1000,
            free_space_reserve_bytes: 256 << 20,
            stop_secs: 30,
            restarts: 5,
            hang_secs: 300,
        }
    }
}

impl Options {
    /// Tasks and threads for the stages that compute.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            workers => workers,
        }
    }

    /// How long a stop waits for the sinks.
    #[must_use]
    pub const fn stop_after(&self) -> Duration {
        Duration::from_secs(self.stop_secs)
    }
}

/// What happens to an article with a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Delivered as if it were an original; the verdict stands in the ledger only.
    Deliver,
    /// Delivered with its verdict.
    Tag,
    /// Not delivered.
    Withhold,
}

/// The policy for each kind of copy.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// The same bytes from the same source again. Default `withhold`.
    pub duplicate_id: Policy,
    /// The same text from another source or URL. Default `tag`: who reprinted what is information.
    pub duplicate_text: Policy,
}

impl Default for Policies {
    fn default() -> Self {
        Self { duplicate_id: Policy::Withhold, duplicate_text: Policy::Tag }
    }
}

impl Policies {
    /// The policy for a verdict.
    #[must_use]
    pub const fn of(&self, verdict: &Verdict) -> Policy {
        match verdict {
            Verdict::Original | Verdict::Revision { .. } => Policy::Tag,
            Verdict::Duplicate { measure: Measure::Id, .. } => self.duplicate_id,
            Verdict::Duplicate { .. } | Verdict::NearDuplicate { .. } => self.duplicate_text,
            Verdict::Filtered { .. } | Verdict::Quarantined { .. } => Policy::Withhold,
        }
    }
}
