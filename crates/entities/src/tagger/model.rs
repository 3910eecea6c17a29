//! A model: rows of weights by feature, and weights of one label after another.
//!
//! Only features that learning found worth a row have one; the table knows its features by their hash, so all
//! others cost a look and add nothing. Weights are bytes, in steps that need not be known to find the best labels.
//!
//! File, little-endian: [`MAGIC`], name (16 bytes, filled with zeros), language (8 bytes, likewise), whether it was
//! scored on text it was not learned from (1 byte, 0 or 1), version (2 bytes), bits of the table (1 byte), weights of
//! the transitions (2 bytes each, [`WIDTH`] × [`WIDTH`], row by row the label before), the
//! table of rows ([`super::table`]).

use thiserror::Error;

use super::batch::MOST;
use super::labels::WIDTH;
use super::table::{self, Table};

/// First bytes of a model file. The digit counts the formats: features, labels and layout.
pub const MAGIC: &[u8; 8] = b"cdtagg02";
/// Bytes of the name.
const NAME: usize = 16;
/// Bytes of the language.
const LANGUAGE: usize = 8;

/// Why a file is no model.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ModelError {
    /// It is something else, or made for another version of copydesk.
    #[error("this is no tagger model of this version; train it again with copydesk-trainer")]
    Unknown,
    /// It does not end where it should.
    #[error("the tagger model is cut off or too long; copy it again")]
    Length,
}

/// A model over the bytes of its file.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    name: &'a str,
    language: &'a str,
    evaluated: bool,
    version: u16,
    transitions: &'a [u8],
    rows: Table<'a, WIDTH>,
}

/// What a model file is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Name; sixteen bytes at most.
    pub name: &'a str,
    /// ISO 639-1 code of the language it reads; eight bytes at most.
    pub language: &'a str,
    /// Whether it was scored on labelled text that it was not learned from.
    pub evaluated: bool,
    /// Counts the models of the name.
    pub version: u16,
    /// Logarithm to base two of the slots of the table.
    pub bits: u32,
    /// Weight of each label after each label.
    pub transitions: [[i16; WIDTH]; WIDTH],
    /// Features with their rows, the weightiest first.
    pub rows: Vec<(u32, [u8; WIDTH])>,
}

impl<'a> Model<'a> {
    /// Reads a model.
    ///
    /// # Errors
    /// Where the bytes are no model of this format.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::Unknown)?;
        let (name, rest) = rest.split_at_checked(NAME).ok_or(ModelError::Length)?;
        let (language, rest) = rest.split_at_checked(LANGUAGE).ok_or(ModelError::Length)?;
        let (&[evaluated, low, high, bits], rest) = rest.split_first_chunk::<4>().ok_or(ModelError::Length)?;
        let (transitions, rest) = rest.split_at_checked(2 * WIDTH * WIDTH).ok_or(ModelError::Length)?;
        let (rows, rest) = Table::read(rest, u32::from(bits)).ok_or(ModelError::Length)?;
        if !rest.is_empty() {
            return Err(ModelError::Length);
        }
        let version = u16::from_le_bytes([low, high]);
        Ok(Self { name: text(name)?, language: text(language)?, evaluated: evaluated == 1, version, transitions, rows })
    }

    /// Name of the model.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// ISO 639-1 code of the language it reads.
    #[must_use]
    pub const fn language(&self) -> &'a str {
        self.language
    }

    /// Whether it was scored on labelled text that it was not learned from.
    #[must_use]
    pub const fn is_evaluated(&self) -> bool {
        self.evaluated
    }

    /// Version of the model.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// The weight of a label after another.
    pub(super) fn transition(&self, before: usize, label: usize) -> i32 {
        let at = 2 * (before * WIDTH + label);
        let bytes = self.transitions.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| i32::from(i16::from_le_bytes(*bytes)))
    }

    /// Adds the rows of those of some features that have one, of at most [`MOST`].
    ///
    /// No place has so many features that a sum could leave its sixteen bits: 250 rows of a byte do not.
    #[inline]
    pub(super) fn add_all(&self, features: &[u32], scores: &mut [i16; WIDTH]) {
        let mut sums = *scores;
        self.rows.get_each::<MOST>(features, |row| {
            for (sum, &weight) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i16::from(weight.cast_signed()));
            }
        });
        *scores = sums;
    }
}

fn text(field: &[u8]) -> Result<&str, ModelError> {
    Ok(str::from_utf8(field).map_err(|_| ModelError::Unknown)?.trim_end_matches('\0'))
}

impl Parts<'_> {
    /// The file, and how many features found no room in it.
    #[must_use]
    pub fn write(&self) -> (Vec<u8>, usize) {
        let mut bytes = MAGIC.to_vec();
        for (text, length) in [(self.name, NAME), (self.language, LANGUAGE)] {
            let mut field = text.as_bytes().to_vec();
            field.resize(length, 0);
            bytes.extend(field);
        }
        bytes.push(u8::from(self.evaluated));
        bytes.extend(self.version.to_le_bytes());
        bytes.push(self.bits as u8);
        self.transitions.as_flattened().iter().for_each(|weight| bytes.extend(weight.to_le_bytes()));
        let left_out = table::write(self.bits, self.rows.iter().copied(), &mut bytes);
        (bytes, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let mut transitions = [[0; WIDTH]; WIDTH];
        transitions[3][7] = -300;
        let mut row = [0; WIDTH];
        (row[1], row[2]) = (5, (-6_i8).cast_unsigned());
        let rows = vec![(0xABCD_1234, row)];
        let parts = Parts { name: "trial", language: "ja", evaluated: true, version: 3, bits: 4, transitions, rows };
        let (bytes, left_out) = parts.write();
        assert_eq!(left_out, 0);
        let model = Model::read(&bytes).expect("its own format");
        assert_eq!((model.name(), model.language(), model.version()), ("trial", "ja", 3));
        assert!(model.is_evaluated());
        assert_eq!((model.transition(3, 7), model.transition(7, 3)), (-300, 0));
        let mut scores = [10; WIDTH];
        model.add_all(&[0x1234_ABCD, 0xABCD_1234], &mut scores);
        assert_eq!(scores[..4], [10, 15, 4, 10]);
        assert_eq!(Model::read(&bytes[..bytes.len() - 1]).err(), Some(ModelError::Length));
        assert_eq!(Model::read(b"cdtagg01").err(), Some(ModelError::Unknown));
    }
}
