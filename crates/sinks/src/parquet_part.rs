//! Rows as one Parquet file: a column for what people search and group by, and the whole record as JSON.
//!
//! Flat on purpose: every engine that reads Parquet reads text columns, and what is nested (entities, authors, links)
//! it finds in `record` with its own JSON functions. A delete is a row whose `deleted` is true, with nothing but its id
//! and sequence. Written with the format's own library alone, without Arrow: the columns are few and filled in one go.

use std::sync::Arc;

use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

use crate::{Change, Compression, Rejection, Report, Row, SinkError, envelope};

/// The columns, in the order in which [`encode`] fills them.
const SCHEMA: &str = "message article {
    REQUIRED BYTE_ARRAY id (UTF8);
    REQUIRED INT64 sequence;
    REQUIRED BOOLEAN deleted;
    OPTIONAL INT64 version;
    OPTIONAL BOOLEAN is_current;
    OPTIONAL BYTE_ARRAY document (UTF8);
    OPTIONAL BYTE_ARRAY verdict (UTF8);
    OPTIONAL BYTE_ARRAY verdict_of (UTF8);
    OPTIONAL BYTE_ARRAY source (UTF8);
    OPTIONAL BYTE_ARRAY site (UTF8);
    OPTIONAL BYTE_ARRAY url (UTF8);
    OPTIONAL BYTE_ARRAY published (UTF8);
    OPTIONAL BYTE_ARRAY language (UTF8);
    OPTIONAL BYTE_ARRAY title (UTF8);
    OPTIONAL BYTE_ARRAY text (UTF8);
    OPTIONAL BYTE_ARRAY record (UTF8);
}";

/// Where in the record each text column comes from, but for the last, which is the record itself.
const TEXTS: [&str; 10] = [
    "/document",
    "/verdict/kind",
    "/verdict/of",
    "/source/name",
    "/site",
    "/url/canonical",
    "/published/value",
    "/language/code",
    "/title",
    "/text",
];

/// A row that can be written.
struct Line<'a> {
    row: &'a Row,
    /// The record and its JSON; none for a delete.
    record: Option<(Value, &'a str)>,
}

/// The file of a batch, empty where no row can be written, and what was refused.
pub(crate) fn encode(batch: &[Row], compression: Compression) -> Result<(Vec<u8>, Report), SinkError> {
    let mut report = Report::default();
    let mut lines = Vec::with_capacity(batch.len());
    for (position, row) in batch.iter().enumerate() {
        let record = match &row.change {
            Change::Delete { .. } => Ok(None),
            Change::Put { id, record } => envelope::check(*id, record).and_then(|json| {
                let value = serde_json::from_str(json).map_err(|error| error.to_string())?;
                Ok(Some((value, json)))
            }),
        };
        match record {
            Ok(record) => lines.push(Line { row, record }),
            Err(reason) => report.rejected.push(Rejection { row: position, reason }),
        }
    }
    let mut bytes = Vec::new();
    if !lines.is_empty() {
        write(&lines, compression, &mut bytes)
            .map_err(|error| SinkError::new(format!("could not write a Parquet part: {error}")))?;
    }
    Ok((bytes, report))
}

fn write(lines: &[Line<'_>], compression: Compression, bytes: &mut Vec<u8>) -> Result<(), ParquetError> {
    let codec = match compression {
        Compression::Zstd => Codec::ZSTD(ZstdLevel::try_new(3)?),
        Compression::None => Codec::UNCOMPRESSED,
    };
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer = SerializedFileWriter::new(bytes, Arc::new(parse_message_type(SCHEMA)?), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let in_record = |pointer: &'static str| lines.iter().map(move |line| line.record.as_ref()?.0.pointer(pointer));
    required::<ByteArrayType, _>(&mut group, lines.iter().map(|line| text(&line.row.id().to_string())).collect())?;
    let sequence = |line: &Line<'_>| i64::try_from(line.row.sequence.0).unwrap_or(i64::MAX);
    required::<Int64Type, _>(&mut group, lines.iter().map(sequence).collect())?;
    required::<BoolType, _>(&mut group, lines.iter().map(|line| line.record.is_none()).collect())?;
    optional::<Int64Type, _>(&mut group, in_record("/version").map(|value| value?.as_i64()).collect())?;
    optional::<BoolType, _>(&mut group, in_record("/is_current").map(|value| value?.as_bool()).collect())?;
    for pointer in TEXTS {
        let mut values: Vec<_> = in_record(pointer).collect();
        if pointer == "/url/canonical" {
            let supplied = in_record("/url/supplied");
            values =
                values.into_iter().zip(supplied).map(|(one, other)| one.filter(|v| !v.is_null()).or(other)).collect();
        }
        optional::<ByteArrayType, _>(&mut group, values.iter().map(|value| Some(text((*value)?.as_str()?))).collect())?;
    }
    let records = lines.iter().map(|line| line.record.as_ref().map(|(_, json)| text(json)));
    optional::<ByteArrayType, _>(&mut group, records.collect())?;
    group.close()?;
    writer.close()?;
    Ok(())
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

/// Fills the next column.
fn required<T: DataType<T = V>, V>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: Vec<V>,
) -> Result<(), ParquetError> {
    column::<T>(group, &values, None)
}

/// Fills the next column, which has gaps.
fn optional<T: DataType<T = V>, V>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: Vec<Option<V>>,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<V> = values.into_iter().flatten().collect();
    column::<T>(group, &values, Some(&levels))
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else { return Err(ParquetError::General("no such column".to_owned())) };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
