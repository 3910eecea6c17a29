//! Lines in files ([`Class::FencedAppend`]): every row once, for a single writer.
//!
//! One active file grows; when it is full or its UTC hour is over it is closed under a name of its own
//! (`segment.rs` has the names) and compressed in the background. Readers should read closed segments: the
//! active file may be cut back after a crash.
//!
//! **The fence.** Before anything is appended, `prepare` returns a state that is made durable: which file
//! (name, device, inode), how many of its bytes are committed, and how many are about to be appended. `open`
//! with that state finds the file and cuts it back to the committed bytes, but only if it is that very file
//! and no longer than was intended. In any other case (a foreign file, one that somebody else wrote to, one
//! that is too short) it is left untouched, and a new file is begun under a free name. Cutting a file that
//! was not understood is how others lost data.
//!
//! **Rotation** needs no state of its own: it happens when everything in the file is committed, so there is
//! nothing to cut in a closed segment, and a new file that was not yet recorded is empty and is taken over.
//!
//! The active file is locked (`flock`) while it is open, so that two sinks with the same path do not write
//! into one file.

mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fail::fail_point;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::segment::{Compression, Names, compress_closed};
use crate::{Class, Report, Row, Sink, SinkError, blocking, lines};
use writer::{Batch, Writer};

/// Options of the `jsonl` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct JsonlOptions {
    /// The active file. Closed segments stand beside it.
    pub path: PathBuf,
    /// Size in bytes at which the active file is closed; only a single batch may be larger. Default 256 MiB.
    #[serde(default = "default_segment_max_bytes")]
    pub segment_max_bytes: u64,
    /// Whether the active file is closed when the UTC hour of its first write is over. Default true.
    #[serde(default = "default_rotate_hourly")]
    pub rotate_hourly: bool,
    /// How closed segments are kept. Default `zstd`.
    #[serde(default)]
    pub compression: Compression,
}

const fn default_segment_max_bytes() -> u64 {
    256 << 20
}

const fn default_rotate_hourly() -> bool {
    true
}

impl JsonlOptions {
    /// The defaults at a path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            segment_max_bytes: default_segment_max_bytes(),
            rotate_hourly: default_rotate_hourly(),
            compression: Compression::default(),
        }
    }
}

/// Tells the time; tests set their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The sink. See the module's documentation.
pub struct JsonlSink {
    options: JsonlOptions,
    clock: Clock,
    writer: Arc<Mutex<Writer>>,
    /// The compression that runs or ran last.
    compression: Option<JoinHandle<()>>,
}

impl JsonlSink {
    /// A sink that is not yet open.
    #[must_use]
    pub fn new(options: JsonlOptions) -> Self {
        Self::with_clock(options, Arc::new(Timestamp::now))
    }

    /// A sink that goes by another clock.
    #[must_use]
    pub fn with_clock(options: JsonlOptions, clock: Clock) -> Self {
        let writer = Writer::new(&options);
        Self { options, clock, writer: Arc::new(Mutex::new(writer)), compression: None }
    }

    /// The UTC hour it is, as in the names of closed segments.
    fn hour(&self) -> String {
        (self.clock)().strftime("%Y%m%dT%HZ").to_string()
    }

    /// Starts compressing closed segments, after any compression before it.
    async fn compress_in_background(&mut self) {
        if self.options.compression == Compression::Zstd {
            self.finish_compression().await;
            let names = Names::of(&self.options.path);
            self.compression = Some(tokio::task::spawn_blocking(move || compress_closed(&names)));
        }
    }

    async fn finish_compression(&mut self) {
        if let Some(task) = self.compression.take()
            && let Err(error) = task.await
        {
            tracing::warn!(path = %self.options.path.display(), error = %error, "compression of closed segments failed");
        }
    }
}

#[async_trait]
impl Sink for JsonlSink {
    fn class(&self) -> Class {
        Class::FencedAppend
    }

    fn target(&self) -> String {
        format!("jsonl:{}", self.options.path.display())
    }

    async fn open(&mut self, state: Option<&[u8]>) -> Result<(), SinkError> {
        // It may hold the lock on the very segment that the stored state names.
        self.finish_compression().await;
        let state = state.map(<[u8]>::to_vec);
        blocking::with(&self.writer, move |writer| writer.open(state.as_deref())).await?;
        self.compress_in_background().await;
        Ok(())
    }

    async fn prepare(&mut self, batch: &[Row]) -> Result<Option<Vec<u8>>, SinkError> {
        let (batch, hour) = (batch.to_vec(), self.hour());
        let (state, rotated) = blocking::with(&self.writer, move |writer| {
            let rotated = writer.prepare(lines::encode(&batch).0.len() as u64, &hour)?;
            Ok((writer.state(), rotated))
        })
        .await?;
        if rotated {
            self.compress_in_background().await;
        }
        Ok(state)
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        fail_point!("sink.jsonl.fail", |_| Err(SinkError::new("injected")));
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Report::default()) };
        let (first, last, batch) = (first.sequence, last.sequence, batch.to_vec());
        blocking::with(&self.writer, move |writer| {
            let (lines, report) = lines::encode(&batch);
            writer.append(&Batch { lines, first, last })?;
            Ok(report)
        })
        .await
    }

    fn state(&self) -> Option<Vec<u8>> {
        blocking::lock(&self.writer).state()
    }

    async fn idle(&mut self) -> Result<(), SinkError> {
        let hour = self.hour();
        if blocking::with(&self.writer, move |writer| writer.rotate_if_over(&hour)).await? {
            self.compress_in_background().await;
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        self.finish_compression().await;
        blocking::with(&self.writer, |writer| {
            writer.close();
            Ok(())
        })
        .await
    }
}
