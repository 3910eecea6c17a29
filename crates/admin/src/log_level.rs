//! `/api/log-level`: says more or less while the desk runs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::Desk;
use crate::answer::{Answer, Refusal};

/// A level, or directives such as `warn,copydesk_pipeline=debug`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Level {
    level: String,
}

/// Sets the level until the process ends.
pub async fn set(State(desk): State<Desk>, Json(wish): Json<Level>) -> Answer<Level> {
    (desk.setup.set_log_level)(&wish.level).map_err(Refusal::bad)?;
    tracing::info!(level = wish.level, "the log level is changed");
    Ok(Json(wish))
}
