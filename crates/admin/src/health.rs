//! `/livez` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::Desk;

/// A health answer.
#[derive(Debug, Serialize)]
pub struct Health {
    ok: bool,
    reasons: Vec<String>,
}

fn answer(reasons: Vec<String>) -> (StatusCode, Json<Health>) {
    let ok = reasons.is_empty();
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Health { ok, reasons }))
}

/// Whether the stages make progress.
pub async fn live(State(desk): State<Desk>) -> (StatusCode, Json<Health>) {
    answer(desk.setup.status.why_not_alive(desk.setup.hang_limit))
}

/// Whether the desk can take articles and deliver them.
pub async fn ready(State(desk): State<Desk>) -> (StatusCode, Json<Health>) {
    answer(desk.setup.status.why_not_ready(desk.setup.hang_limit))
}
