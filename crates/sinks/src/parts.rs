//! Parts: each batch one compressed file of JSON Lines, or of Parquet (`parquet_part.rs`), complete or absent
//! ([`Class::FencedAppend`]).
//!
//! A part is called `date=DAY/FIRST-LAST.jsonl.zst` (or without `.zst`, or `.parquet`): the UTC day on which it was
//! first written, and the sequences it spans. What a part holds never changes, and the same name always means the same
//! rows.
//!
//! **The fence.** `prepare` returns a state that names the parts the batch will be, and it is durable before the first
//! byte is sent. A batch that comes again is cut exactly as before, and what is new in it becomes a part of its own: an
//! upload that was given up and yet arrives, however late, then only writes what stands there already. Where rows of
//! the attempt before have expired meanwhile, so that it can't be cut as before, its parts are deleted first.
//!
//! Rows that are sent again on request (their sequences lie before what was written last) become parts of their own,
//! `FIRST-LAST.again-N.jsonl.zst`: they never take the place of another part.
//!
//! How large parts are is for the sink's `batch_articles`, `batch_bytes` and `batch_secs`.

use std::sync::Arc;

use async_trait::async_trait;
use copydesk_article::Sequence;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[cfg(feature = "parquet")]
use crate::parquet_part;
use crate::{Class, Clock, Compression, Report, Row, Sink, SinkError, lines};

/// Where parts go.
#[async_trait]
pub(crate) trait PartStore: Send + Sync {
    /// What the cursor belongs to.
    fn target(&self) -> String;

    /// Gets ready.
    async fn open(&mut self) -> Result<(), SinkError>;

    /// Writes a part whole or not at all, durably, over one of that name.
    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), SinkError>;

    /// Removes a part, if it is there.
    async fn delete(&self, name: &str) -> Result<(), SinkError>;
}

/// How a part is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartFormat {
    /// One JSON record a line.
    #[default]
    Jsonl,
    /// Parquet: columns, and the record as JSON. A cargo feature, `parquet`.
    Parquet,
}

impl PartFormat {
    /// Why this build can't write it, if it can't.
    pub(crate) fn problem(self) -> Option<String> {
        (self == Self::Parquet && !cfg!(feature = "parquet")).then(|| {
            "this copydesk was built without `parquet`: build it with `cargo build --release --features parquet`"
                .to_owned()
        })
    }
}

/// A part that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    day: String,
    first: Sequence,
    last: Sequence,
    /// Which of the parts that hold rows sent again.
    #[serde(default)]
    again: Option<u64>,
}

/// What the ledger keeps: the parts of the batch under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    pieces: Vec<Piece>,
    /// The last sequence ever written.
    #[serde(default)]
    last: Sequence,
    /// Parts so far that hold rows sent again.
    #[serde(default)]
    again: u64,
}

/// A sink that writes parts to some store.
pub(crate) struct PartSink<S> {
    store: S,
    format: PartFormat,
    compression: Compression,
    clock: Clock,
    state: State,
    is_open: bool,
}

impl<S: PartStore> PartSink<S> {
    pub(crate) fn new(store: S, format: PartFormat, compression: Compression) -> Self {
        let clock: Clock = Arc::new(Timestamp::now);
        Self { store, format, compression, clock, state: State::default(), is_open: false }
    }

    fn name(&self, piece: &Piece) -> String {
        let end = match (self.format, self.compression) {
            (PartFormat::Parquet, _) => "parquet",
            (PartFormat::Jsonl, Compression::Zstd) => "jsonl.zst",
            (PartFormat::Jsonl, Compression::None) => "jsonl",
        };
        let again = piece.again.map(|number| format!(".again-{number}")).unwrap_or_default();
        format!("date={}/{:012}-{:012}{again}.{end}", piece.day, piece.first.0, piece.last.0)
    }

    /// The bytes of a part, none where no row can be written.
    fn encode(&self, rows: &[Row]) -> Result<(Vec<u8>, Report), SinkError> {
        #[cfg(feature = "parquet")]
        if self.format == PartFormat::Parquet {
            return parquet_part::encode(rows, self.compression);
        }
        if let Some(problem) = self.format.problem() {
            return Err(SinkError::new(problem));
        }
        let (bytes, report) = lines::encode(rows);
        let bytes = match self.compression {
            Compression::Zstd if !bytes.is_empty() => zstd::encode_all(&bytes[..], 3)
                .map_err(|error| SinkError::new(format!("could not compress a part: {error}")))?,
            _ => bytes,
        };
        Ok((bytes, report))
    }

    /// How a batch is cut: as it was before, and the rest in one piece; none where it can't be cut like that.
    fn cut(&self, batch: &[Row]) -> Option<Vec<Piece>> {
        let mut rest = batch;
        for piece in &self.state.pieces {
            let (first, end) = (rest.first()?, rest.partition_point(|row| row.sequence <= piece.last));
            let last = end.checked_sub(1).and_then(|last| rest.get(last))?;
            if first.sequence != piece.first || last.sequence != piece.last {
                return None;
            }
            rest = &rest[end..];
        }
        let mut pieces = self.state.pieces.clone();
        if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
            let day = (self.clock)().strftime("%Y-%m-%d").to_string();
            // One after those under way, which are not counted yet.
            let number = self.state.again + 1 + pieces.iter().filter(|piece| piece.again.is_some()).count() as u64;
            let again = (first.sequence <= self.state.last).then_some(number);
            pieces.push(Piece { day, first: first.sequence, last: last.sequence, again });
        }
        Some(pieces)
    }
}

#[async_trait]
impl<S: PartStore> Sink for PartSink<S> {
    fn class(&self) -> Class {
        Class::FencedAppend
    }

    fn target(&self) -> String {
        self.store.target()
    }

    async fn open(&mut self, state: Option<&[u8]>) -> Result<(), SinkError> {
        self.is_open = false;
        self.state = match state.map(serde_json::from_slice) {
            None => State::default(),
            Some(Ok(state)) => state,
            Some(Err(error)) => {
                tracing::warn!(target_store = self.target(), error = %error, "stored state can't be read, parts of a batch that was cut short may come twice");
                State::default()
            }
        };
        self.store.open().await?;
        self.is_open = true;
        Ok(())
    }

    async fn prepare(&mut self, batch: &[Row]) -> Result<Option<Vec<u8>>, SinkError> {
        if !std::mem::replace(&mut self.is_open, false) {
            return Err(self.not_open());
        }
        let pieces = match self.cut(batch) {
            Some(pieces) => pieces,
            None => {
                for piece in &self.state.pieces {
                    self.store.delete(&self.name(piece)).await?;
                }
                self.state.pieces.clear();
                self.cut(batch).unwrap_or_default()
            }
        };
        self.state.pieces = pieces;
        self.is_open = true;
        self.stored().map(Some)
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        if !std::mem::replace(&mut self.is_open, false) {
            return Err(self.not_open());
        }
        let mut report = Report::default();
        let mut start = 0;
        for piece in &self.state.pieces {
            let end = start + batch[start..].partition_point(|row| row.sequence <= piece.last);
            let (bytes, mut part) = self.encode(&batch[start..end])?;
            part.rejected.iter_mut().for_each(|rejection| rejection.row += start);
            report.rejected.append(&mut part.rejected);
            start = end;
            if bytes.is_empty() {
                continue;
            }
            self.store.put(&self.name(piece), bytes).await?;
        }
        if start != batch.len() {
            return Err(SinkError::new(format!("batch for {} is not the one prepared", self.target())));
        }
        for piece in self.state.pieces.drain(..) {
            self.state.last = self.state.last.max(piece.last);
            self.state.again += u64::from(piece.again.is_some());
        }
        self.is_open = true;
        Ok(report)
    }

    fn state(&self) -> Option<Vec<u8>> {
        self.stored().ok()
    }
}

impl<S: PartStore> PartSink<S> {
    fn stored(&self) -> Result<Vec<u8>, SinkError> {
        serde_json::to_vec(&self.state).map_err(|error| SinkError::new(format!("could not describe a batch: {error}")))
    }

    fn not_open(&self) -> SinkError {
        SinkError::new(format!("{} is not open after an error before; it will be opened again", self.target()))
    }
}
