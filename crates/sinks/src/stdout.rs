//! Lines on standard output ([`Class::Append`]): one row a line, flushed at the end of each batch.
//!
//! Nothing can be taken back from a pipe, so the rows of a batch that failed come again. A write that failed
//! may have left half a line; the next batch then begins with a line break, so that the half does not spoil
//! the first row after it. Readers skip lines that are empty or no JSON.

use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde::Deserialize;

use crate::{Class, Failure, Report, Row, Sink, SinkError, blocking, lines};

/// Options of the `stdout` sink: none so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StdoutOptions {}

/// The sink. See the module's documentation.
pub struct StdoutSink {
    output: Arc<Mutex<Output>>,
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// Whether the last write failed, perhaps inside a line.
    torn: bool,
}

impl StdoutSink {
    /// A sink on the process's standard output.
    #[must_use]
    pub fn new() -> Self {
        Self::with_writer(Box::new(std::io::stdout()))
    }

    /// A sink on another writer.
    #[must_use]
    pub fn with_writer(writer: Box<dyn Write + Send>) -> Self {
        Self { output: Arc::new(Mutex::new(Output { writer, torn: false })) }
    }
}

impl Default for StdoutSink {
    fn default() -> Self {
        Self::new()
    }
}

impl Output {
    fn write(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let (lines, report) = lines::encode(batch);
        let start: &[u8] = if self.torn { b"\n" } else { b"" };
        self.torn = true;
        let written = self.writer.write_all(start).and_then(|()| self.writer.write_all(&lines));
        written.and_then(|()| self.writer.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => {
                let message = "the reader of standard output is gone: start it again with copydesk";
                SinkError::of(Failure::Connection, message)
            }
            _ => SinkError::of(Failure::Disk, format!("could not write to standard output: {error}")),
        })?;
        self.torn = false;
        Ok(report)
    }
}

#[async_trait]
impl Sink for StdoutSink {
    fn class(&self) -> Class {
        Class::Append
    }

    fn target(&self) -> String {
        "stdout".to_owned()
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let batch = batch.to_vec();
        blocking::with(&self.output, move |output| output.write(&batch)).await
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use copydesk_article::{ArticleId, Sequence};

    use super::*;
    use crate::Change;

    /// Takes `room` bytes, fails once as a reader that went away, then takes everything.
    struct Leaky {
        room: usize,
        failed: bool,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Leaky {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut taken = blocking::lock(&self.taken);
            let count = if self.failed { bytes.len() } else { bytes.len().min(self.room - taken.len()) };
            if count == 0 && !bytes.is_empty() {
                self.failed = true;
                return Err(ErrorKind::BrokenPipe.into());
            }
            taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_torn_line_does_not_spoil_the_repeat() {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let mut sink = StdoutSink::with_writer(Box::new(Leaky { room: 10, failed: false, taken: Arc::clone(&taken) }));
        let row = |n: u8| Row {
            sequence: Sequence(n.into()),
            change: Change::Put {
                id: ArticleId::from_bytes([n; 16]),
                record: format!("{{\"n\":{n}}}").as_bytes().into(),
            },
        };
        let batch = [row(1), row(2)];
        let error = sink.deliver(&batch).await.expect_err("the pipe broke");
        assert!(error.message.contains("reader") && error.message.contains("gone"), "{error}");
        sink.open(None).await.expect("open");
        sink.deliver(&batch).await.expect("deliver");
        let text = String::from_utf8(blocking::lock(&taken).clone()).expect("text");
        assert_eq!(text, "{\"n\":1}\n{\"\n{\"n\":1}\n{\"n\":2}\n");
    }
}
