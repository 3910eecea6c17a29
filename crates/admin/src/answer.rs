//! Answers that are no success: JSON with what is wrong and what to do.

use axum::Json;
use axum::body::to_bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
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

/// Most bytes of an error in plain words.
const WORDS: usize = 4096;

/// What the router says of a wrong question in plain words, or in none, in the form of every other error.
pub async fn as_json(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json || !status.is_client_error() {
        return response;
    }
    let words = to_bytes(response.into_body(), WORDS).await.unwrap_or_default();
    let words = match (status, String::from_utf8_lossy(&words)) {
        (StatusCode::METHOD_NOT_ALLOWED, _) => "this is asked with GET, and a change is made with POST".to_owned(),
        (_, words) if words.trim().is_empty() => status.to_string(),
        (_, words) => words.into_owned(),
    };
    Refusal { status, words }.into_response()
}

/// Nothing is there.
pub async fn nothing(uri: Uri) -> Refusal {
    Refusal::not_found(format!(
        "there is nothing at {}; /api has status, events, articles, trace, quarantine and log-level",
        uri.path()
    ))
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
