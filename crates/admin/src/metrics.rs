//! `/metrics`: what the recorder has, the seconds of each stage, and the health at the moment of asking.
//!
//! The recorder's counters are whole numbers, so the seconds, which are not, are kept with the stages' status
//! and written here in the same text format; so are the gauges of sinks and inboxes, which a reload may take away, and
//! the recorder forgets nothing. Health is asked here because who would record it may have died.

use std::fmt::Write;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use copydesk_pipeline::{StageSeconds, metric};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use crate::Desk;

/// The recorder could not be installed.
#[derive(Debug, thiserror::Error)]
#[error("metrics can't be recorded: {0}")]
pub struct RecorderError(#[from] BuildError);

const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the process's recorder and keeps it tidy. Call it once, inside the runtime.
///
/// # Errors
/// Where another recorder is installed.
pub fn install_recorder() -> Result<PrometheusHandle, RecorderError> {
    let handle = PrometheusBuilder::new().set_buckets(&metric::BUCKETS_SECONDS)?.install_recorder()?;
    metric::describe();
    metric::begin(env!("CARGO_PKG_VERSION"));
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// The page.
pub async fn show(State(desk): State<Desk>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page(&desk))
}

/// Its text.
pub fn page(desk: &Desk) -> String {
    let mut page = desk.setup.recorder.render();
    let stages = desk.setup.status.stage_seconds();
    let mut write = |name: &str, help: &str, seconds: fn(&StageSeconds) -> f64| {
        // Writing to a string can't fail.
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} counter");
        for (stage, spent) in &stages {
            let _ = writeln!(page, "{name}{{stage=\"{stage}\"}} {}", seconds(spent));
        }
    };
    write(metric::STAGE_BUSY, "Time a stage worked: processor time where it computes.", |spent| spent.busy);
    write(metric::STAGE_BLOCKED, "Time a stage waited for room in the next.", |spent| spent.blocked);
    let kept = desk.setup.status.gauges();
    for (name, help) in metric::OF_SINKS_AND_INBOXES {
        let Some(series) = kept.get(name) else { continue };
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in series {
            let _ = writeln!(page, "{name}{{{labels}}} {value}");
        }
    }
    let mut gauge = |name: &str, help: &str, value: u64| {
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    };
    let (status, limit) = (&desk.setup.status, desk.setup.hang_limit);
    gauge(
        metric::ALIVE,
        "1 while the stages make progress, as /livez says.",
        status.why_not_alive(limit).is_empty().into(),
    );
    gauge(
        metric::READY,
        "1 while articles can be taken and delivered, as /readyz says.",
        status.why_not_ready(limit).is_empty().into(),
    );
    gauge(metric::INTAKE_OPEN, "0 while intake waits for disk space or a sink.", status.intake_open().into());
    if let Some(bytes) = resident_bytes() {
        gauge(metric::RESIDENT_MEMORY, "Memory of the process that is in RAM.", bytes);
    }
    page
}

/// Memory of this process in RAM; none where the system does not say.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
