//! What a configuration says about a sink, and the sink built from it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{JsonlOptions, JsonlSink, Sink, SqliteOptions, SqliteSink, StdoutOptions, StdoutSink};

/// Values of `type`, one for each variant of [`SinkOptions`].
pub const KINDS: [&str; 3] = ["jsonl", "sqlite", "stdout"];

/// Options of one sink; `type` says which.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SinkOptions {
    /// `type = "jsonl"`.
    Jsonl(JsonlOptions),
    /// `type = "sqlite"`.
    Sqlite(SqliteOptions),
    /// `type = "stdout"`.
    Stdout(StdoutOptions),
}

impl SinkOptions {
    /// The `type` it was chosen by.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Jsonl(_) => "jsonl",
            Self::Sqlite(_) => "sqlite",
            Self::Stdout(_) => "stdout",
        }
    }

    /// Makes relative paths count from `base`, the folder of the configuration file.
    pub fn resolve_paths(&mut self, base: &Path) {
        match self {
            Self::Jsonl(options) => options.path = base.join(&options.path),
            Self::Sqlite(options) => options.path = base.join(&options.path),
            Self::Stdout(_) => {}
        }
    }

    /// Folders the sink writes to; they are made when it opens.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let path = match self {
            Self::Jsonl(options) => &options.path,
            Self::Sqlite(options) => &options.path,
            Self::Stdout(_) => return Vec::new(),
        };
        path.parent().map(Path::to_owned).into_iter().collect()
    }

    /// The sink, not yet open.
    #[must_use]
    pub fn build(&self) -> Box<dyn Sink> {
        match self {
            Self::Jsonl(options) => Box::new(JsonlSink::new(options.clone())),
            Self::Sqlite(options) => Box::new(SqliteSink::new(options.clone())),
            Self::Stdout(_) => Box::new(StdoutSink::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn options_have_defaults_and_refuse_what_they_do_not_know() {
        let read = |value| from_value::<SinkOptions>(value);
        let mut kinds = Vec::new();
        for value in [
            json!({"type": "jsonl", "path": "out/a.jsonl"}),
            json!({"type": "sqlite", "path": "out/a.db"}),
            json!({"type": "stdout"}),
        ] {
            let mut wrong = value.clone();
            wrong["segment_max_byte"] = json!(1);
            let error = read(wrong).expect_err("unknown key").to_string();
            assert!(error.contains("segment_max_byte"), "{error}");
            let mut options = read(value).expect("options");
            options.resolve_paths(Path::new("/etc/desk"));
            assert!(options.folders().iter().all(|folder| folder == Path::new("/etc/desk/out")), "{options:?}");
            kinds.push(options.kind());
        }
        assert_eq!(kinds, KINDS);
        assert!(read(json!({"type": "kafka"})).is_err());
    }
}
