//! The places of the world: where those are that have 15,000 people or more, and what countries and great cities are
//! called in other languages.
//!
//! `models/places.bin` is made by the trainer from GeoNames (CC BY 4.0) and the names of territories in the Unicode
//! CLDR (Unicode licence). It is looked up where it lies, without building. File, little-endian: [`MAGIC`], the number of
//! places (4 bytes), the places (16 bytes each, countries first, then by population, the largest first), the number
//! of names (4 bytes), the names (8 bytes each, in order): the upper 40 bits of a hash, and 24 bits of the place's number
//! with the highest set if the name is not its first.

use std::sync::LazyLock;

use copydesk_article::Place;
use xxhash_rust::xxh3::xxh3_64;

use crate::link::bare;

/// First bytes of the file.
pub const MAGIC: &[u8; 8] = b"cdplace1";
/// Degrees of what has no point.
const NOWHERE: i16 = i16::MIN;
/// Marks a name that is not the first of its place.
const OTHER_NAME: u64 = 1 << 23;

static ATLAS: LazyLock<Atlas<'static>> =
    LazyLock::new(|| Atlas::read(include_bytes!("../models/places.bin")).unwrap_or_default());

/// The places that ship.
pub(crate) fn atlas() -> &'static Atlas<'static> {
    &ATLAS
}

/// One place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Number in GeoNames; 0 for a country.
    pub geonames: u32,
    /// Hundredths of degrees north and east; none of a country.
    pub degrees: Option<(i16, i16)>,
    /// ISO 3166-1 alpha-2 code of the country.
    pub country: [u8; 2],
    /// Postal code of the American state, or zeros.
    pub state: [u8; 2],
    /// People who live there; 0 for a country.
    pub population: u32,
}

impl Spot {
    /// The country's code.
    pub(crate) fn country(&self) -> &str {
        str::from_utf8(&self.country).unwrap_or("")
    }

    /// Whether it is a whole country.
    pub(crate) const fn is_country(&self) -> bool {
        self.geonames == 0
    }

    /// Its ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        if self.is_country() {
            return vec![format!("iso:{}", self.country())];
        }
        vec![format!("in:{}", self.country()), format!("geonames:{}", self.geonames)]
    }

    /// What a record says of it.
    pub(crate) fn place(&self) -> Place {
        let degree = |hundredths: i16| f64::from(hundredths) / 100.0;
        Place {
            country: Some(self.country().to_owned()),
            latitude: self.degrees.map(|(north, _)| degree(north)),
            longitude: self.degrees.map(|(_, east)| degree(east)),
        }
    }

    fn read(bytes: &[u8; 16]) -> Self {
        let [a, b, c, d, n0, n1, e0, e1, c0, c1, s0, s1, p, q, r, s] = *bytes;
        let (north, east) = (i16::from_le_bytes([n0, n1]), i16::from_le_bytes([e0, e1]));
        Self {
            geonames: u32::from_le_bytes([a, b, c, d]),
            degrees: (north != NOWHERE).then_some((north, east)),
            country: [c0, c1],
            state: [s0, s1],
            population: u32::from_le_bytes([p, q, r, s]),
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let (north, east) = self.degrees.unwrap_or((NOWHERE, NOWHERE));
        bytes.extend(self.geonames.to_le_bytes());
        bytes.extend(north.to_le_bytes());
        bytes.extend(east.to_le_bytes());
        bytes.extend(self.country);
        bytes.extend(self.state);
        bytes.extend(self.population.to_le_bytes());
    }
}

/// A place that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Number of the place: [`Atlas::spot`].
    pub(crate) number: usize,
    /// Whether the name is the place's first.
    pub(crate) is_first: bool,
}

/// The places, over the bytes of the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atlas<'a> {
    spots: &'a [[u8; 16]],
    names: &'a [[u8; 8]],
}

impl<'a> Atlas<'a> {
    /// Reads the file; none if it is another.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (spots, rest) = counted::<16>(rest)?;
        let (names, rest) = counted::<8>(rest)?;
        rest.is_empty().then_some(Self { spots, names })
    }

    /// The place with this number.
    pub(crate) fn spot(&self, number: usize) -> Option<Spot> {
        self.spots.get(number).map(Spot::read)
    }

    /// What a name may mean, countries first, then the largest first.
    pub(crate) fn meanings(&self, name: &str) -> impl Iterator<Item = Meaning> + use<'a> {
        self.by_key(key(&bare(name)))
    }

    /// The same of a name that is [`bare`] already.
    pub(crate) fn meanings_of_bare(&self, name: &str) -> impl Iterator<Item = Meaning> + use<'a> {
        self.by_key(key(name))
    }

    fn by_key(&self, key: u64) -> impl Iterator<Item = Meaning> + use<'a> {
        let first = self.names.partition_point(|name| u64::from_le_bytes(*name) >> 24 < key);
        let same = self.names[first..].iter().map(|name| u64::from_le_bytes(*name)).take_while(move |n| n >> 24 == key);
        same.map(|name| Meaning { number: (name & (OTHER_NAME - 1)) as usize, is_first: name & OTHER_NAME == 0 })
    }

    /// The file: places in the order described above, each with its names, the first first.
    #[must_use]
    pub fn write(places: &[(Spot, Vec<String>)]) -> Vec<u8> {
        let mut names: Vec<u64> = Vec::new();
        for (number, (_, called)) in (0_u64..).zip(places) {
            let mut own: Vec<u64> = Vec::new();
            for (at, name) in called.iter().enumerate() {
                let key = key(&bare(name));
                if !own.contains(&key) {
                    own.push(key);
                    names.push(key << 24 | number | if at == 0 { 0 } else { OTHER_NAME });
                }
            }
        }
        // Of one name the places in their order, whichever of their names it is.
        names.sort_unstable_by_key(|name| (name >> 24, name & (OTHER_NAME - 1)));
        let mut bytes = MAGIC.to_vec();
        bytes.extend((places.len() as u32).to_le_bytes());
        places.iter().for_each(|(spot, _)| spot.write(&mut bytes));
        bytes.extend((names.len() as u32).to_le_bytes());
        names.iter().for_each(|name| bytes.extend(name.to_le_bytes()));
        bytes
    }
}

/// So many things of `N` bytes as the first four bytes say, and the rest.
fn counted<const N: usize>(bytes: &[u8]) -> Option<(&[[u8; N]], &[u8])> {
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let (things, rest) = rest.split_at_checked(N.checked_mul(u32::from_le_bytes(*count) as usize)?)?;
    Some((things.as_chunks().0, rest))
}

/// A name that counts in one language only, as the atlas has it.
#[must_use]
pub fn in_language(name: &str, language: &str) -> String {
    format!("{name}\0{language}")
}

fn key(bare: &str) -> u64 {
    xxh3_64(bare.as_bytes()) >> 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let country = Spot { geonames: 0, degrees: None, country: *b"NO", state: [0; 2], population: 0 };
        let city = Spot { geonames: 7, degrees: Some((-5993, 1075)), population: 900, ..country };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let bytes = Atlas::write(&[(country, names(&["Norway", "ノルウェー"])), (city, names(&["Ösl", "Norway"]))]);
        let atlas = Atlas::read(&bytes).expect("its own format");
        let all = |name: &str| atlas.meanings(name).map(|m| (m.number, m.is_first)).collect::<Vec<_>>();
        assert_eq!(all("NORWAY"), [(0, true), (1, false)]);
        assert_eq!((all("osl"), all("ノルウェー"), all("nowhere")), (vec![(1, true)], vec![(0, false)], vec![]));
        assert_eq!((atlas.spot(0), atlas.spot(1), atlas.spot(2)), (Some(country), Some(city), None));
        assert_eq!(city.place().latitude, Some(-59.93));
        assert!(Atlas::read(&bytes[..bytes.len() - 1]).is_none());
    }

    #[test]
    fn what_ships_knows_the_world() {
        let first = |name: &str| {
            let spot = atlas().spot(atlas().meanings(name).next()?.number)?;
            Some((spot.country().to_owned(), spot.is_country()))
        };
        assert_eq!(first("Россия"), Some(("RU".to_owned(), true)));
        assert_eq!(first("القاهرة"), Some(("EG".to_owned(), false)));
        assert_eq!(first("大阪"), Some(("JP".to_owned(), false)));
        assert_eq!(first("Bergen"), Some(("NO".to_owned(), false)));
    }
}
