//! Names of the metrics, with their help texts: a contract that dashboards and alerts hang on. `deploy/METRICS.md`
//! has it as a table, and a test holds a running daemon to it.
//!
//! Prometheus naming, base units, bounded labels (`stage`, `sink`, `verdict`, `reason`, `outcome`, `cause`, `channel`,
//! `kind`, `change`, `inbox`, `version`; never a path, a URL or a text). Counters whose labels are known begin at zero: a
//! first error is an increase then, where a series that begins at 1 is none.

use std::time::SystemTime;

use copydesk_article::{QuarantineReason, VerdictKind};
use copydesk_sinks::Failure;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

use crate::status::Status;

/// Arrivals admitted.
pub const ARRIVALS: &str = "copydesk_arrivals_total";
/// Verdicts committed, by `verdict`.
pub const VERDICTS: &str = "copydesk_verdicts_total";
/// Arrivals quarantined, by `stage` and `reason`.
pub const QUARANTINED: &str = "copydesk_quarantined_total";
/// Problems noted in records, by `stage`.
pub const PROBLEMS: &str = "copydesk_problems_total";
/// Articles in flight.
pub const IN_FLIGHT: &str = "copydesk_in_flight_articles";
/// Memory budget in use.
pub const BUDGET_USED: &str = "copydesk_memory_budget_used_bytes";
/// Memory budget.
pub const BUDGET: &str = "copydesk_memory_budget_bytes";
/// Files taken up.
pub const FILES: &str = "copydesk_files_total";
/// Files that wait for the right to read them.
pub const FILES_REFUSED: &str = "copydesk_files_refused_total";
/// Entries of files that are no articles and were passed over, by `reason`.
pub const ENTRIES_SKIPPED: &str = "copydesk_entries_skipped_total";
/// Files finished, by `outcome`.
pub const FILES_FINISHED: &str = "copydesk_files_finished_total";
/// Articles received, by `stage`.
pub const STAGE_RECEIVED: &str = "copydesk_stage_received_total";
/// Processor seconds, by `stage`.
pub const STAGE_BUSY: &str = "copydesk_stage_busy_seconds_total";
/// Seconds waiting for room in the next stage, by `stage`.
pub const STAGE_BLOCKED: &str = "copydesk_stage_blocked_seconds_total";
/// Seconds an article takes in a stage, by `stage`.
pub const STAGE_DURATION: &str = "copydesk_stage_duration_seconds";
/// Articles waiting in a link, by `channel`.
pub const CHANNEL_DEPTH: &str = "copydesk_channel_depth_articles";
/// Articles a link may hold, by `channel`.
pub const CHANNEL_CAPACITY: &str = "copydesk_channel_capacity_articles";
/// Restarts of the pipeline, by the `stage` that broke.
pub const RESTARTS: &str = "copydesk_pipeline_restarts_total";
/// Seconds from admission to commit.
pub const COMMIT_LATENCY: &str = "copydesk_admission_to_commit_seconds";
/// Rows delivered, by `sink`.
pub const SINK_DELIVERED: &str = "copydesk_sink_delivered_total";
/// Rows rejected, by `sink`.
pub const SINK_REJECTED: &str = "copydesk_sink_rejected_total";
/// Rows that a sink's filter left out, by `sink`.
pub const SINK_SKIPPED: &str = "copydesk_sink_skipped_total";
/// Rows expired, by `sink`.
pub const SINK_EXPIRED: &str = "copydesk_sink_expired_total";
/// Failed calls, by `sink` and `kind`.
pub const SINK_ERRORS: &str = "copydesk_sink_errors_total";
/// Whether the last call worked, by `sink`.
pub const SINK_UP: &str = "copydesk_sink_up";
/// Sequences committed and not settled, by `sink`.
pub const SINK_LAG: &str = "copydesk_sink_lag_articles";
/// Outbox bytes not settled, by `sink`.
pub const SINK_PENDING: &str = "copydesk_sink_pending_bytes";
/// Age of the oldest row not settled, by `sink`.
pub const SINK_LAG_SECONDS: &str = "copydesk_sink_lag_seconds";
/// Rows sent to a sink again on request, by `sink`.
pub const SINK_SENT_AGAIN: &str = "copydesk_sink_sent_again_total";
/// Age of the oldest row in the outbox that a sink has not settled.
pub const OUTBOX_AGE: &str = "copydesk_outbox_age_seconds";
/// Bytes of the ledger on disk.
pub const LEDGER_BYTES: &str = "copydesk_ledger_bytes";
/// Bytes of the rows the outbox holds.
pub const OUTBOX_BYTES: &str = "copydesk_outbox_bytes";
/// Sites of which recurring lines are known.
pub const LEARNED_SITES: &str = "copydesk_learned_sites";
/// Ids of persons that redirect to another spelling's.
pub const LEARNED_REDIRECTS: &str = "copydesk_learned_redirects";
/// Redirects by `change` (`made`, `withdrawn`).
pub const REDIRECTS: &str = "copydesk_redirects_total";
/// Newest epoch of what was learned.
pub const LEARNED_EPOCH: &str = "copydesk_learned_epoch";
/// Entries of the watchlist.
pub const WATCHLIST_ENTRIES: &str = "copydesk_watchlist_entries";
/// Readings of the watchlist, by `outcome` (`taken`, `refused`).
pub const WATCHLIST_READINGS: &str = "copydesk_watchlist_readings_total";
/// Articles left out by rule, by `reason`.
pub const FILTERED: &str = "copydesk_filtered_total";
/// Free space where the ledger is.
pub const DISK_FREE: &str = "copydesk_disk_free_bytes";
/// Failed ledger calls.
pub const LEDGER_ERRORS: &str = "copydesk_ledger_errors_total";
/// Full scans, by `inbox` and `cause`.
pub const RESCANS: &str = "copydesk_rescans_total";
/// Things in an inbox that are never opened, at the last scan, by `inbox` and `kind`.
pub const INBOX_REFUSED: &str = "copydesk_inbox_refused";
/// Files in an inbox that its rules leave out, at the last scan, by `inbox`.
pub const INBOX_IGNORED: &str = "copydesk_inbox_ignored_files";
/// Whether an inbox is watched, by `inbox`.
pub const INBOX_UP: &str = "copydesk_inbox_up";
/// Finished files that were changed after they had moved, and were given back.
pub const FILES_GIVEN_BACK: &str = "copydesk_files_given_back_total";
/// Files in an inbox at the last scan, by `inbox`.
pub const INBOX_FILES: &str = "copydesk_inbox_files";
/// Bytes in an inbox at the last scan, by `inbox`.
pub const INBOX_BYTES: &str = "copydesk_inbox_bytes";
/// Age of the oldest article in flight.
pub const OLDEST_PENDING: &str = "copydesk_oldest_pending_seconds";

/// Free space below which intake waits.
pub const DISK_RESERVE: &str = "copydesk_disk_reserve_bytes";
/// Whether files wait for a sink, by `sink`.
pub const SINK_REQUIRED: &str = "copydesk_sink_required";
/// Outbox bytes a sink may fall behind, by `sink`.
pub const SINK_LIMIT: &str = "copydesk_sink_limit_bytes";
/// The build, by `version`.
pub const BUILD_INFO: &str = "copydesk_build_info";
/// When the process began.
pub const START_TIME: &str = "copydesk_start_time_seconds";
/// Memory of the process.
pub const RESIDENT_MEMORY: &str = "copydesk_resident_memory_bytes";
/// Whether the stages make progress.
pub const ALIVE: &str = "copydesk_alive";
/// Whether articles can be taken and delivered.
pub const READY: &str = "copydesk_ready";
/// Whether intake takes files.
pub const INTAKE_OPEN: &str = "copydesk_intake_open";

/// Stages, as they stand in the label `stage` of what is counted for each.
const STAGES: [&str; 8] = ["read", "dedup", "clean", "near_dedup", "entities", "commit", "sink", "finish"];

/// Bounds of the histograms, in seconds.
pub const BUCKETS_SECONDS: [f64; 14] =
    [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Gauges of sinks and inboxes with their help texts: they are shown while these are there ([`crate::Status::gauges`]).
pub const OF_SINKS_AND_INBOXES: [(&str, &str); 11] = [
    (SINK_REQUIRED, "1 where files wait for the sink, 0 where it is optional."),
    (SINK_LIMIT, "Outbox bytes a sink may fall behind before intake waits or rows expire."),
    (SINK_UP, "1 while a sink's last call worked."),
    (SINK_LAG, "Sequences committed and not yet settled for a sink."),
    (SINK_LAG_SECONDS, "Time since a sink was last level with the ledger."),
    (SINK_PENDING, "Outbox bytes not yet settled for a sink."),
    (INBOX_UP, "1 while an inbox is there and looked after."),
    (INBOX_FILES, "Files in an inbox at the last scan."),
    (INBOX_BYTES, "Bytes in an inbox at the last scan."),
    (INBOX_IGNORED, "Files that an inbox's rules leave out, at the last scan."),
    (INBOX_REFUSED, "Links, pipes, sockets and devices in an inbox, at the last scan."),
];

/// Registers units and help texts of what the recorder keeps.
pub fn describe() {
    describe_counter!(ARRIVALS, Unit::Count, "Arrivals admitted by the reader.");
    describe_counter!(VERDICTS, Unit::Count, "Verdicts committed, one for each arrival.");
    describe_counter!(QUARANTINED, Unit::Count, "Arrivals kept in quarantine.");
    describe_counter!(PROBLEMS, Unit::Count, "Problems noted in delivered records.");
    describe_gauge!(IN_FLIGHT, Unit::Count, "Articles between admission and commit.");
    describe_gauge!(BUDGET_USED, Unit::Bytes, "Memory budget in use.");
    describe_gauge!(BUDGET, Unit::Bytes, "Memory budget.");
    describe_counter!(FILES, Unit::Count, "Files taken up.");
    describe_counter!(FILES_REFUSED, Unit::Count, "Files that could not be opened and wait for the right to.");
    describe_counter!(FILES_FINISHED, Unit::Count, "Files finished after every required sink settled.");
    describe_counter!(STAGE_RECEIVED, Unit::Count, "Articles received by a stage.");
    describe_histogram!(STAGE_DURATION, Unit::Seconds, "Time of one article in a stage.");
    describe_gauge!(CHANNEL_DEPTH, Unit::Count, "Articles waiting in the link before a stage.");
    describe_gauge!(CHANNEL_CAPACITY, Unit::Count, "Articles the link before a stage may hold.");
    describe_counter!(RESTARTS, Unit::Count, "Restarts of the pipeline from the ledger after a fault.");
    describe_histogram!(COMMIT_LATENCY, Unit::Seconds, "Time from admission to durable commit.");
    describe_counter!(SINK_DELIVERED, Unit::Count, "Rows delivered to a sink.");
    describe_counter!(SINK_REJECTED, Unit::Count, "Rows a sink will never take.");
    describe_counter!(SINK_SKIPPED, Unit::Count, "Rows that a sink's own filter left out.");
    describe_counter!(SINK_EXPIRED, Unit::Count, "Rows given up because an optional sink fell too far behind.");
    describe_counter!(SINK_ERRORS, Unit::Count, "Failed calls of a sink; each is repeated.");
    describe_counter!(SINK_SENT_AGAIN, Unit::Count, "Rows sent to a sink again on request.");
    describe_gauge!(LEDGER_BYTES, Unit::Bytes, "Ledger on disk.");
    describe_gauge!(OUTBOX_BYTES, Unit::Bytes, "Rows the outbox holds.");
    describe_gauge!(OUTBOX_AGE, Unit::Seconds, "Age of the oldest row that a sink has not settled.");
    describe_gauge!(LEARNED_SITES, Unit::Count, "Sites of which recurring lines are known.");
    describe_gauge!(LEARNED_REDIRECTS, Unit::Count, "Ids of persons that redirect to another spelling's.");
    describe_counter!(REDIRECTS, Unit::Count, "Redirects of persons' ids, made and withdrawn.");
    describe_gauge!(LEARNED_EPOCH, Unit::Count, "Newest epoch of what was learned across articles.");
    describe_gauge!(WATCHLIST_ENTRIES, Unit::Count, "Entries of the watchlist that is searched for.");
    describe_counter!(WATCHLIST_READINGS, Unit::Count, "Readings of the watchlist after a change.");
    describe_counter!(FILTERED, Unit::Count, "Articles left out by rule, and delivered nowhere.");
    describe_gauge!(DISK_FREE, Unit::Bytes, "Free space on the ledger's file system.");
    describe_counter!(LEDGER_ERRORS, Unit::Count, "Failed ledger calls; each is repeated.");
    describe_counter!(RESCANS, Unit::Count, "Full scans of an inbox.");
    describe_counter!(ENTRIES_SKIPPED, Unit::Count, "Entries of files that are no articles: WARC requests, pictures.");
    describe_counter!(
        FILES_GIVEN_BACK,
        Unit::Count,
        "Files changed after they had moved, and given back to their inbox."
    );
    describe_gauge!(OLDEST_PENDING, Unit::Seconds, "Age of the oldest article in flight.");
    describe_gauge!(DISK_RESERVE, Unit::Bytes, "Free space below which intake waits.");
    describe_gauge!(BUILD_INFO, Unit::Count, "Always 1; the label says which version runs.");
    describe_gauge!(START_TIME, Unit::Seconds, "When the process began, in seconds since 1970.");
}

/// Begins what is there from the first moment: the build, and counters at zero.
pub fn begin(version: &'static str) {
    gauge!(BUILD_INFO, "version" => version).set(1.0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    gauge!(START_TIME).set(now.as_secs_f64());
    for name in [ARRIVALS, FILES, FILES_REFUSED, FILES_GIVEN_BACK, LEDGER_ERRORS] {
        counter!(name).increment(0);
    }
    for kind in VerdictKind::ALL {
        counter!(VERDICTS, "verdict" => kind.as_str()).increment(0);
    }
    for reason in QuarantineReason::ALL {
        let stage = if reason == QuarantineReason::KilledProcess { "suspects" } else { "read" };
        counter!(QUARANTINED, "stage" => stage, "reason" => reason.as_str()).increment(0);
    }
    for stage in ["clean", "entities"] {
        counter!(PROBLEMS, "stage" => stage).increment(0);
    }
    for reason in ["language", "language_unsure"] {
        counter!(FILTERED, "reason" => reason).increment(0);
    }
    for outcome in ["moved", "deleted", "kept", "missing", "changed", "failed"] {
        counter!(FILES_FINISHED, "outcome" => outcome).increment(0);
    }
    for change in ["made", "withdrawn"] {
        counter!(REDIRECTS, "change" => change).increment(0);
    }
    // Where there is no watchlist it stays so.
    gauge!(WATCHLIST_ENTRIES).set(0.0);
    for outcome in ["taken", "refused"] {
        counter!(WATCHLIST_READINGS, "outcome" => outcome).increment(0);
    }
    for stage in STAGES {
        counter!(STAGE_RECEIVED, "stage" => stage).increment(0);
        counter!(RESTARTS, "stage" => stage).increment(0);
    }
}

/// Begins the series of a sink: what is expected of it, and counters at zero.
pub fn begin_sink(status: &Status, sink: &str, required: bool, limit_bytes: u64) {
    status.set_gauge(SINK_REQUIRED, &[("sink", sink)], f64::from(u8::from(required)));
    status.set_gauge(SINK_LIMIT, &[("sink", sink)], limit_bytes as f64);
    for name in [SINK_DELIVERED, SINK_REJECTED, SINK_SKIPPED, SINK_EXPIRED, SINK_SENT_AGAIN] {
        counter!(name, "sink" => sink.to_owned()).increment(0);
    }
    for kind in Failure::ALL {
        counter!(SINK_ERRORS, "sink" => sink.to_owned(), "kind" => kind.as_str()).increment(0);
    }
}
