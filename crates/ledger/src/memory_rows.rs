//! Rows of the memory as bytes: fixed places, big-endian.

use copydesk_article::{ArticleId, Measure, Sequence};
use copydesk_dedup::{AddressRow, Holder, Likeness, Sketch, SketchRow, TextRow};

const MEASURES: [Measure; 5] = [Measure::Id, Measure::Url, Measure::Text, Measure::Resemblance, Measure::Containment];

/// Reads from the front of a row; none where it is too short.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn id(&mut self) -> Option<ArticleId> {
        self.take().map(ArticleId::from_bytes)
    }

    fn holder(&mut self) -> Option<Holder> {
        Some(Holder { id: self.id()?, sequence: Sequence(u64::from_be_bytes(self.take()?)) })
    }
}

fn put_holder(row: &mut Vec<u8>, holder: Holder) {
    row.extend(holder.id.as_bytes());
    row.extend(holder.sequence.0.to_be_bytes());
}

/// Half of a text's key: what it is looked up by. The whole key stands in the row.
pub const fn short(key: u128) -> u64 {
    (key >> 64) as u64 ^ key as u64
}

/// A text's row, under the sequence of the article that had it.
pub fn encode_text(key: u128, text: &TextRow) -> Vec<u8> {
    let mut row = Vec::with_capacity(49);
    row.extend(key.to_be_bytes());
    put_holder(&mut row, text.original);
    if let Some(Likeness { similarity, measure }) = text.likeness {
        row.push(MEASURES.iter().position(|one| *one == measure).unwrap_or_default() as u8);
        row.extend(similarity.to_bits().to_be_bytes());
    }
    row
}

/// What a text's row is looked up by.
pub fn text_key(bytes: &[u8]) -> Option<u64> {
    Reader(bytes).take().map(|key| short(u128::from_be_bytes(key)))
}

/// The row of this text; none where it is another's.
pub fn text(key: u128, bytes: &[u8]) -> Option<TextRow> {
    let mut reader = Reader(bytes);
    if u128::from_be_bytes(reader.take()?) != key {
        return None;
    }
    let original = reader.holder()?;
    let likeness = match reader.take::<1>() {
        None => None,
        Some([measure]) => {
            let similarity = f64::from_bits(u64::from_be_bytes(reader.take()?));
            Some(Likeness { similarity, measure: *MEASURES.get(usize::from(measure))? })
        }
    };
    Some(TextRow { original, likeness })
}

pub fn encode_sketch(sketch: &SketchRow) -> Vec<u8> {
    let tokens = sketch.sketch.to_bytes();
    let mut row = Vec::with_capacity(41 + tokens.len());
    row.extend(sketch.id.as_bytes());
    row.push(u8::from(sketch.of.is_some()));
    if let Some(of) = sketch.of {
        put_holder(&mut row, of);
    }
    row.extend(tokens);
    row
}

pub fn sketch(bytes: &[u8]) -> Option<SketchRow> {
    let mut reader = Reader(bytes);
    let id = reader.id()?;
    let of = if reader.take()? == [1] { Some(reader.holder()?) } else { None };
    Some(SketchRow { id, of, sketch: Sketch::from_bytes(reader.0) })
}

pub fn encode_address(address: &AddressRow) -> Vec<u8> {
    let mut row = Vec::with_capacity(78 + 20 * address.texts.len());
    row.extend(address.document.as_bytes());
    put_holder(&mut row, address.original);
    put_holder(&mut row, address.current);
    row.extend(address.versions.to_be_bytes());
    row.push(address.turnovers);
    row.push(u8::from(address.fetched.is_some()));
    row.extend(address.fetched.unwrap_or_default().to_be_bytes());
    for (text, version) in &address.texts {
        row.extend(text.to_be_bytes());
        row.extend(version.to_be_bytes());
    }
    row
}

pub fn address(bytes: &[u8]) -> Option<AddressRow> {
    let mut reader = Reader(bytes);
    let document = reader.id()?;
    let (original, current) = (reader.holder()?, reader.holder()?);
    let versions = u32::from_be_bytes(reader.take()?);
    let [turnovers, has_fetched] = reader.take()?;
    let fetched = i64::from_be_bytes(reader.take()?);
    let mut texts = Vec::new();
    while !reader.0.is_empty() {
        texts.push((u128::from_be_bytes(reader.take()?), u32::from_be_bytes(reader.take()?)));
    }
    let fetched = (has_fetched == 1).then_some(fetched);
    Some(AddressRow { document, original, versions, current, fetched, texts, turnovers })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A row that was cut or spoilt is no row, never a panic.
        #[test]
        fn spoilt_rows_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
            let _ = (text(0, &bytes), text_key(&bytes), sketch(&bytes), address(&bytes));
        }
    }
}
