//! `/api/trace`: the whole life of an article.

use axum::Json;
use axum::extract::{Query, State};
use copydesk_pipeline::Life;
use serde::{Deserialize, Serialize};

use crate::Desk;
use crate::answer::{Answer, Refusal, blocking};

/// Whose life.
#[derive(Debug, Deserialize)]
pub struct Question {
    of: String,
}

/// The arrivals that the name fits.
#[derive(Debug, Serialize)]
pub struct Lives {
    arrivals: Vec<Life>,
}

/// The lives of what an id, a URL or a path names.
pub async fn show(State(desk): State<Desk>, Query(question): Query<Question>) -> Answer<Lives> {
    let tracer = desk.places().tracer.clone();
    blocking(move || match tracer.trace(&question.of) {
        Ok(arrivals) if arrivals.is_empty() => {
            Err(Refusal::not_found(format!("the desk has taken nothing that is called {}", question.of)))
        }
        Ok(arrivals) => Ok(Json(Lives { arrivals })),
        Err(error) => Err(Refusal::unavailable(error.to_string())),
    })
    .await
}
