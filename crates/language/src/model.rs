//! The model: for each script that several languages share, a table of small weights, one row for a hashed
//! n-gram and one column for a language.
//!
//! It is a linear softmax classifier (as in fastText's and whichlang's): a language's score is the sum of its
//! weights over the n-grams of the text, divided by the square root of how many there are. The division keeps one
//! odd word from deciding and lets confidence grow with length. Weights are one byte each, so a row of 64
//! languages is one cache line.
//!
//! # File
//! `copydesk-trainer language` writes it. Numbers are little-endian.
//!
//! ```text
//! 8 bytes "CDLANG01", u8 number of groups, then for each group:
//!   u8 script, u8 columns (16 or 64), u8 log2 of rows, u8 number of labels,
//!   f32 worth of one weight step, f32 slope and f32 lift of the calibration,
//!   labels of 8 bytes each (zero padded)
//! zeros to a multiple of 64 bytes, then each group's rows in turn
//! ```

use std::sync::LazyLock;

use crate::script::Script;

/// First bytes of a model file.
pub const MAGIC: &[u8; 8] = b"CDLANG01";
/// Bytes that a label takes in the file.
pub const LABEL: usize = 8;
/// Column counts that a group may have: the smallest that its languages fit into.
pub const WIDTHS: [usize; 2] = [16, WIDEST];
/// Most languages that a group may have.
pub const WIDEST: usize = 64;
/// The label of text that is of this script but of no language that the model knows.
pub const UNKNOWN: &str = "und";

/// Rows start on cache lines.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static BYTES: &Aligned<[u8]> = &Aligned(*include_bytes!("../data/model.bin"));

/// The languages of one script, and how to tell them apart.
#[derive(Debug)]
pub struct Group {
    /// The script.
    pub script: Script,
    /// The languages, one for each column in use. A code may stand twice.
    pub labels: Vec<&'static str>,
    /// Columns of a row, in use or not.
    pub width: usize,
    /// Rows less one; their number is a power of two.
    pub mask: u32,
    /// What one step of a weight is worth.
    pub step: f32,
    /// Confidence is the softmax of the scores times this…
    pub slope: f32,
    /// …plus this times the logarithm of the number of n-grams.
    pub lift: f32,
    rows: &'static [u8],
}

impl Group {
    /// The row of an n-gram.
    #[must_use]
    pub fn row(&self, hash: u32) -> &'static [u8] {
        let at = (hash & self.mask) as usize * self.width;
        &self.rows[at..at + self.width]
    }
}

/// The shipped model, read once. It is part of the program, and a test reads it: a file that can't be read is a
/// program without groups, which knows only the languages that have a script of their own.
pub fn groups() -> &'static [Group] {
    static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| parse(&BYTES.0).unwrap_or_default());
    &GROUPS
}

fn parse(bytes: &'static [u8]) -> Option<Vec<Group>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut take = |count: usize| -> Option<&'static [u8]> {
        let (head, tail) = rest.split_at_checked(count)?;
        rest = tail;
        Some(head)
    };
    let count = take(1)?[0];
    let mut groups = Vec::new();
    for _ in 0..count {
        let &[script, width, bits, labels] = take(4)? else { return None };
        let mut float = || take(4).and_then(|four| Some(f32::from_le_bytes(four.try_into().ok()?)));
        let (step, slope, lift) = (float()?, float()?, float()?);
        let labels = (0..labels)
            .map(|_| Some(std::str::from_utf8(take(LABEL)?).ok()?.trim_end_matches('\0')))
            .collect::<Option<Vec<_>>>()?;
        let script = GROUPED.into_iter().find(|&grouped| grouped as u8 == script)?;
        let width = WIDTHS.into_iter().find(|&w| w == usize::from(width) && w >= labels.len())?;
        let mask = 1_u32.checked_shl(u32::from(bits))?.checked_sub(1)?;
        groups.push(Group { script, labels, width, mask, step, slope, lift, rows: &[] });
    }
    let header = bytes.len() - rest.len();
    rest = rest.get(header.next_multiple_of(64) - header..)?;
    for group in &mut groups {
        let (rows, tail) = rest.split_at_checked((group.mask as usize + 1) * group.width)?;
        group.rows = rows;
        rest = tail;
    }
    rest.is_empty().then_some(groups)
}

/// The scripts that have a group in the model.
pub const GROUPED: [Script; 7] = [
    Script::Latin,
    Script::Cyrillic,
    Script::Arabic,
    Script::Devanagari,
    Script::Hebrew,
    Script::Ethiopic,
    Script::Han,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_is_whole() {
        let groups = groups();
        let scripts: Vec<Script> = groups.iter().map(|group| group.script).collect();
        assert_eq!(scripts, GROUPED);
        for group in groups {
            assert!(group.labels.len() > 1 && group.labels.len() <= group.width, "{:?}", group.script);
            assert!(group.step > 0.0 && group.slope.is_finite() && group.lift.is_finite(), "{:?}", group.script);
            assert!(group.rows.iter().any(|&weight| weight != 0), "{:?}", group.script);
            assert_eq!(group.rows.as_ptr() as usize % 64, 0, "rows lie on cache lines");
        }
    }

    #[test]
    fn the_shipped_model_fits_in_ten_megabytes() {
        assert!(BYTES.0.len() <= 10_000_000, "{} bytes", BYTES.0.len());
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let good: &'static [u8] = &BYTES.0;
        assert!(parse(good).is_some());
        assert!(parse(&good[..good.len() - 1]).is_none(), "cut short");
        assert!(parse(&good[1..]).is_none(), "no magic");
        assert!(parse(b"CDLANG01\x01\xFF\x10\x02\x02").is_none(), "a script there is not");
    }
}
