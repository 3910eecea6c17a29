//! What the pipeline can be told.

use std::time::Duration;

use copydesk_article::{Measure, Verdict};
use copydesk_dedup::{Horizon, UrlRules, Window};
use jiff::Timestamp;
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

/// What the desk remembers of articles, to recognise their copies and versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dedup {
    /// What is remembered goes in windows of so many days, each at once. Default 45.
    pub window_days: u32,
    /// Days that a text and an address are known again: exact copies, versions. Default 360.
    pub keys_days: u32,
    /// Days that near copies are found; their texts take most of the space. Default 90.
    pub texts_days: u32,
    /// Part of either text that must stand in the other for a changed text at a URL to be a revision. Default 0.3.
    pub revision_overlap: f64,
    /// Revisions fetched within so many seconds are one version. Default 0: each its own.
    pub revision_min_secs: u32,
    /// Entirely new texts in a row after which a URL is rolling: no versions there any more. Default 3.
    pub rolling_after: u8,
    /// Whether records are kept with the texts: a revision then says what changed, and the version before it is
    /// delivered again as no longer current. Default true.
    pub keep_records: bool,
    /// Whether an original is delivered again whenever a copy of it comes ("also published by"). Default false.
    pub updates: bool,
    /// Query parameters that make no difference; one that ends in `*` is a prefix.
    pub url_tracking: Vec<String>,
    /// First labels of host names that name an edition, not a site.
    pub url_editions: Vec<String>,
    /// Whether AMP pages are the pages they are made from. Default true.
    pub url_amp: bool,
}

impl Default for Dedup {
    fn default() -> Self {
        let UrlRules { tracking, editions, amp } = UrlRules::default();
        let copydesk_dedup::Options { overlap, rolling_after, burst_secs } = copydesk_dedup::Options::default();
        Self {
            window_days: 45,
            keys_days: 360,
            texts_days: 90,
            revision_overlap: overlap,
            revision_min_secs: burst_secs,
            rolling_after,
            keep_records: true,
            updates: false,
            url_tracking: tracking,
            url_editions: editions,
            url_amp: amp,
        }
    }
}

impl Dedup {
    /// Which addresses are one.
    #[must_use]
    pub fn url_rules(&self) -> UrlRules {
        let lower = |words: &[String]| words.iter().map(|word| word.to_lowercase()).collect();
        UrlRules { tracking: lower(&self.url_tracking), editions: lower(&self.url_editions), amp: self.url_amp }
    }

    /// What makes a version.
    #[must_use]
    pub const fn version_options(&self) -> copydesk_dedup::Options {
        copydesk_dedup::Options {
            overlap: self.revision_overlap,
            rolling_after: self.rolling_after,
            burst_secs: self.revision_min_secs,
        }
    }

    /// The window of a moment.
    #[must_use]
    pub fn window(&self, at: Timestamp) -> Window {
        let days = u32::try_from(at.as_second() / 86_400).unwrap_or_default();
        Window(days / self.window_days.max(1))
    }

    /// What counts for an article of a window. Windows go whole, so nothing is kept for less than it should be.
    #[must_use]
    pub fn horizon(&self, window: Window) -> Horizon {
        let oldest = |days: u32| Window(window.0.saturating_sub(days.div_ceil(self.window_days.max(1))));
        Horizon { keys: oldest(self.keys_days), texts: oldest(self.texts_days) }
    }
}

/// What happens to an article with a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Delivered without a mark: a copy as if it were an original (the ledger knows better), a revision as what it
    /// is.
    Deliver,
    /// Delivered with its verdict.
    Tag,
    /// Not delivered.
    Withhold,
    /// Delivered as if nothing had been recognised, without any consequence: the verdict stands in the ledger only.
    /// To try a threshold on live traffic.
    Shadow,
}

/// The policy for each kind of copy.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// The same bytes from the same source again. Default `withhold`.
    pub duplicate_id: Policy,
    /// The same text at the same URL again, in other bytes. Default `withhold`.
    pub duplicate_url: Policy,
    /// The same text from another source or URL. Default `tag`: who reprinted what is information.
    pub duplicate_text: Policy,
    /// Nearly the same text. Default `tag`.
    pub near_duplicate: Policy,
    /// A changed text at the same URL. Default `deliver`: as a version of its document.
    pub revision: Policy,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            duplicate_id: Policy::Withhold,
            duplicate_url: Policy::Withhold,
            duplicate_text: Policy::Tag,
            near_duplicate: Policy::Tag,
            revision: Policy::Deliver,
        }
    }
}

impl Policies {
    /// The policy for a verdict.
    #[must_use]
    pub const fn of(&self, verdict: &Verdict) -> Policy {
        match verdict {
            Verdict::Original => Policy::Tag,
            Verdict::Revision { .. } => self.revision,
            Verdict::Duplicate { measure: Measure::Id, .. } => self.duplicate_id,
            Verdict::Duplicate { measure: Measure::Url, .. } => self.duplicate_url,
            Verdict::Duplicate { .. } => self.duplicate_text,
            Verdict::NearDuplicate { .. } => self.near_duplicate,
            Verdict::Filtered { .. } | Verdict::Quarantined { .. } => Policy::Withhold,
        }
    }
}
