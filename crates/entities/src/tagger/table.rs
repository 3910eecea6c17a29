//! A table of numbers by the hash of their words, as it stands in a file: looked up where it lies, without building.
//!
//! A hash has one bucket of eight slots, and no other place: a look is one comparison of eight marks. A slot holds
//! sixteen bits of the hash to know the word by and one value of `N` bytes. What finds its bucket full is left out, so
//! the writer is given the most useful words first. One foreign word in some thousands is taken for a known one; what
//! is looked up here is evidence among other evidence, so that does no harm.

/// Slots to a bucket.
const BUCKET: usize = 8;
/// One in each of four marks.
const EACH: u64 = 0x0001_0001_0001_0001;

/// A table over the bytes of a file.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a, const N: usize> {
    marks: &'a [[u8; 2 * BUCKET]],
    values: &'a [[u8; N]],
    bits: u32,
}

impl<'a, const N: usize> Table<'a, N> {
    /// Bytes of a table of two to the power of `bits` slots.
    #[must_use]
    pub const fn bytes(bits: u32) -> usize {
        (2 + N) << bits
    }

    /// Reads a table from the front of `bytes`, and gives back the rest; none if there are too few.
    #[must_use]
    pub fn read(bytes: &'a [u8], bits: u32) -> Option<(Self, &'a [u8])> {
        if !(4..=24).contains(&bits) {
            return None;
        }
        let (marks, rest) = bytes.split_at_checked(2 << bits)?;
        let (values, rest) = rest.split_at_checked(N << bits)?;
        Some((Self { marks: marks.as_chunks().0, values: values.as_chunks().0, bits }, rest))
    }

    /// The value of a hash, if the table has it.
    #[inline]
    #[must_use]
    pub fn get(&self, hash: u32) -> Option<&'a [u8; N]> {
        let (slot, is_known) = self.slot(hash);
        self.values.get(slot).filter(|_| is_known)
    }

    /// The values of those of some hashes that the table has, in their order. Works without branches, so that one look
    /// need not wait for the other; `M` is at least the number of hashes.
    #[inline]
    pub fn get_each<const M: usize>(&self, hashes: &[u32], mut each: impl FnMut(&'a [u8; N])) {
        let mut found = [0_u32; M];
        let mut count = 0;
        for &hash in hashes {
            let (slot, is_known) = self.slot(hash);
            found[count % M] = slot as u32;
            count += usize::from(is_known);
        }
        found[..count.min(M)].iter().filter_map(|&slot| self.values.get(slot as usize)).for_each(&mut each);
    }

    /// Where a hash stands, and whether it does.
    #[inline]
    fn slot(&self, hash: u32) -> (usize, bool) {
        let bucket = bucket(hash, self.bits);
        let Some(marks) = self.marks.get(bucket) else { return (0, false) };
        let ([low, high], _) = marks.as_chunks::<8>() else { return (0, false) };
        let mark = u64::from(mark(hash)) * EACH;
        let (low, high) = (zeros(u64::from_le_bytes(*low) ^ mark), zeros(u64::from_le_bytes(*high) ^ mark));
        let slot = if low != 0 { low.trailing_zeros() / 16 } else { BUCKET as u32 / 2 + high.trailing_zeros() / 16 };
        (BUCKET * bucket + slot as usize, low | high != 0)
    }
}

/// The highest bit of each of four marks that is zero; above the lowest of them bits may be set that mean nothing.
const fn zeros(marks: u64) -> u64 {
    marks.wrapping_sub(EACH) & !marks & (EACH << 15)
}

fn bucket(hash: u32, bits: u32) -> usize {
    (hash >> (32 + 3 - bits)) as usize
}

fn mark(hash: u32) -> u16 {
    // Zero is an empty slot.
    (hash as u16).max(1)
}

/// Writes a table of two to the power of `bits` slots. Of two values of one hash the first stays; words whose bucket
/// is full are left out, and their number is given back.
pub fn write<const N: usize>(bits: u32, entries: impl IntoIterator<Item = (u32, [u8; N])>, out: &mut Vec<u8>) -> usize {
    let slots = 1_usize << bits;
    let (mut marks, mut values) = (vec![0_u16; slots], vec![[0_u8; N]; slots]);
    let mut left_out = 0;
    for (hash, value) in entries {
        let first = BUCKET * bucket(hash, bits);
        match (first..first + BUCKET).find(|&slot| marks[slot] == 0 || marks[slot] == mark(hash)) {
            Some(slot) if marks[slot] == 0 => (marks[slot], values[slot]) = (mark(hash), value),
            Some(_) => {}
            None => left_out += 1,
        }
    }
    marks.iter().for_each(|mark| out.extend(mark.to_le_bytes()));
    values.iter().for_each(|value| out.extend(value));
    left_out
}

#[cfg(test)]
mod tests {
    use super::super::hash::mix;
    use super::*;

    #[test]
    fn what_was_written_is_found_and_nothing_else() {
        let mut bytes = Vec::new();
        let left_out = write(10, (0..300).map(|n| (mix(n + 1), n.to_le_bytes())), &mut bytes);
        assert_eq!((left_out, bytes.len()), (0, Table::<4>::bytes(10)));
        let (table, rest) = Table::<4>::read(&bytes, 10).expect("enough bytes");
        assert!(rest.is_empty());
        for n in 0..300_u32 {
            assert_eq!(table.get(mix(n + 1)), Some(&n.to_le_bytes()));
        }
        let strangers = (10_000..20_000).filter(|&n| table.get(mix(n)).is_some()).count();
        assert!(strangers < 20, "{strangers} strangers known");
    }

    #[test]
    fn what_comes_first_stays_where_there_is_no_room_for_all() {
        let mut bytes = Vec::new();
        let left_out = write(6, (0..100).map(|n| (mix(n + 1), n.to_le_bytes())), &mut bytes);
        let (table, _) = Table::<4>::read(&bytes, 6).expect("enough bytes");
        assert!(left_out >= 36, "{left_out} of 100 left out of 64 slots");
        assert_eq!(table.get(mix(1)), Some(&0_u32.to_le_bytes()));
    }

    #[test]
    fn too_few_bytes_are_no_table() {
        assert!(Table::<4>::read(&[0; 100], 10).is_none());
        assert!(Table::<4>::read(&[0; 100], 40).is_none());
    }
}
