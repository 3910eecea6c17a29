//! `/metrics`: what the recorder has, and the seconds of each stage.
//!
//! The recorder's counters are whole numbers, so the seconds, which are not, are kept with the stages' status
//! and written here in the same text format.

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
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page)
}
