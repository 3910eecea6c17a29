//! The lists that ship with the models: clusters of words that stand in like places, and names of known things.
//!
//! `models/lists.bin` is made by the trainer: word clusters over GloVe vectors (public domain), names of places from
//! GeoNames (CC BY 4.0), given and family names of the United States census (public domain), and this crate's own
//! lists. File: [`MAGIC`], the bits of both tables, the tables.

use super::table::{self, Table};

/// First bytes of the file.
pub const MAGIC: &[u8; 8] = b"cdlists1";
/// Depths of the clusters: numbers of clusters at each.
pub const DEPTHS: [u16; 4] = [32, 128, 512, 2048];

/// A country, by any of its names.
pub const COUNTRY: u16 = 1;
/// A city of half a million or a capital.
pub const CITY: u16 = 1 << 1;
/// Another city.
pub const TOWN: u16 = 1 << 2;
/// Another name or spelling of a city.
pub const CITY_VARIANT: u16 = 1 << 3;
/// A part of a country, or several countries.
pub const REGION: u16 = 1 << 4;
/// A given name.
pub const GIVEN: u16 = 1 << 5;
/// A family name.
pub const FAMILY: u16 = 1 << 6;
/// A nationality, people or movement.
pub const GROUP: u16 = 1 << 7;
/// An organisation.
pub const ORGANISATION: u16 = 1 << 8;
/// The words go on to a longer name.
pub const GOES_ON: u16 = 1 << 15;
/// Kinds of names in the lists.
pub const LIST_KINDS: usize = 9;

/// The lists, over the bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    clusters: Table<'a, 4>,
    names: Table<'a, 2>,
}

impl<'a> Lists<'a> {
    /// Reads the file; none if it is another.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let ([cluster_bits, name_bits], rest) = rest.split_first_chunk::<2>()?;
        let (clusters, rest) = Table::read(rest, u32::from(*cluster_bits))?;
        let (names, rest) = Table::read(rest, u32::from(*name_bits))?;
        rest.is_empty().then_some(Self { clusters, names })
    }

    /// Writes the file: clusters by the hash of the word, kinds by the hash of the name ([`super::phrase_hashes`]).
    /// Gives back how many words and names had no room.
    #[must_use]
    pub fn write(clusters: (u32, &[(u32, [u16; 4])]), names: (u32, &[(u32, u16)])) -> (Vec<u8>, usize) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([clusters.0 as u8, names.0 as u8]);
        let packed = clusters.1.iter().map(|&(word, clusters)| (word, pack(clusters).to_le_bytes()));
        let mut left_out = table::write(clusters.0, packed, &mut bytes);
        let kinds = names.1.iter().map(|&(name, kinds)| (name, kinds.to_le_bytes()));
        left_out += table::write(names.0, kinds, &mut bytes);
        (bytes, left_out)
    }

    /// The clusters of a word.
    #[inline]
    pub(super) fn clusters(&self, folded: u32) -> Option<[u16; 4]> {
        self.clusters.get(folded).map(|bytes| unpack(u32::from_le_bytes(*bytes)))
    }

    /// What kinds of names the words with this hash are ([`super::phrase_hashes`]).
    #[inline]
    pub(super) fn kinds(&self, name: u32) -> u16 {
        self.names.get(name).map_or(0, |bytes| u16::from_le_bytes(*bytes))
    }
}

const fn pack(clusters: [u16; 4]) -> u32 {
    let [a, b, c, d] = clusters;
    (a as u32) << 27 | (b as u32) << 20 | (c as u32) << 11 | d as u32
}

const fn unpack(packed: u32) -> [u16; 4] {
    [(packed >> 27) as u16, (packed >> 20 & 0x7F) as u16, (packed >> 11 & 0x1FF) as u16, (packed & 0x7FF) as u16]
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;

    #[test]
    fn lists_are_read_as_they_were_written() {
        let word = hash::of_bytes(b"word");
        let name = hash::pair(hash::of_bytes(b"new"), hash::of_bytes(b"york"));
        let (bytes, left_out) = Lists::write((4, &[(word, [31, 127, 511, 2047])]), (4, &[(name, CITY | FAMILY)]));
        assert_eq!(left_out, 0);
        let lists = Lists::read(&bytes).expect("its own format");
        assert_eq!(lists.clusters(word), Some([31, 127, 511, 2047]));
        assert_eq!(lists.kinds(name), CITY | FAMILY);
        assert_eq!((lists.clusters(name), lists.kinds(word)), (None, 0));
    }

    #[test]
    fn another_file_is_refused() {
        let (mut bytes, _) = Lists::write((4, &[]), (4, &[]));
        bytes.push(0);
        assert!(Lists::read(&bytes).is_none());
        assert!(Lists::read(b"something else").is_none());
    }
}
