//! A local folder of parts ([`crate::Class::FencedAppend`]): what the `s3` sink writes, without a server (`parts.rs`).

use std::path::PathBuf;

use async_trait::async_trait;
use copydesk_disk::{sync_folder, write_durable};
use serde::Deserialize;

use crate::parts::{PartFormat, PartSink, PartStore};
use crate::{Compression, Sink, SinkError, blocking};

/// Options of the `folder` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct FolderOptions {
    /// The folder.
    pub path: PathBuf,
    /// How parts are written: `jsonl` (default), `parquet`.
    #[serde(default)]
    pub format: PartFormat,
    /// How parts are kept. Default `zstd`.
    #[serde(default)]
    pub compression: Compression,
}

impl FolderOptions {
    /// The defaults at a path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), format: PartFormat::default(), compression: Compression::default() }
    }
}

struct Folder {
    path: PathBuf,
}

#[async_trait]
impl PartStore for Folder {
    fn target(&self) -> String {
        format!("folder:{}", self.path.display())
    }

    async fn open(&mut self) -> Result<(), SinkError> {
        let path = self.path.clone();
        run(move || blocking::make_folder_of(&path.join("part"))).await
    }

    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), SinkError> {
        let path = self.path.join(name);
        run(move || write_durable(&path, &bytes).map_err(SinkError::from)).await
    }

    async fn delete(&self, name: &str) -> Result<(), SinkError> {
        let path = self.path.join(name);
        run(move || match std::fs::remove_file(&path) {
            Ok(()) => Ok(sync_folder(&path)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(SinkError::new(format!("could not remove {}: {error}", path.display()))),
        })
        .await
    }
}

async fn run(work: impl FnOnce() -> Result<(), SinkError> + Send + 'static) -> Result<(), SinkError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(SinkError::new(format!("the sink's own code failed, please report it: {error}"))),
    }
}

/// The sink, not yet open. See the module's documentation.
#[must_use]
pub fn folder_sink(options: &FolderOptions) -> Box<dyn Sink> {
    Box::new(PartSink::new(Folder { path: options.path.clone() }, options.format, options.compression))
}
