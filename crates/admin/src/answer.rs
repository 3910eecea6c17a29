//! Answers that are no success: JSON with what is wrong and what to do.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a question is not answered.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    words: String,
}

/// The answer to a question, or why there is none.
pub type Answer<T> = Result<Json<T>, Refusal>;

impl Refusal {
    /// The question is wrong.
    pub fn bad(words: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, words: words.into() }
    }

    /// Whoever asks may not.
    pub fn forbidden(words: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, words: words.into() }
    }

    /// There is no such thing.
    pub fn not_found(words: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, words: words.into() }
    }

    /// It can't be told now.
    pub fn unavailable(words: impl Into<String>) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, words: words.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refusal {}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.words }))).into_response()
    }
}

/// Runs blocking work off the async threads.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Refusal::unavailable(format!("the answer could not be worked out: {error}"))),
    }
}
