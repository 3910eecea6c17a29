//! Which anchors a run may hold: most look-ups are for anchors that a run does not hold.
//!
//! A Bloom filter in lines of 64 bytes (Putze, Sanders and Singler 2007): an anchor's bits lie in one line, so that a
//! look-up costs one miss of the processor's cache, and the misses of a text's anchors are waited for together. With
//! twelve bits a posting seven absent anchors in a thousand are let through, with eight 24: each costs the reading of a
//! block, which is a hundred times what asking costs. To set six bits an anchor, not four, would be a little better with
//! twelve, but let most through where only two or three are left (`known.rs`), and take longer.

/// Words of a line.
const LINE: usize = 8;

/// Bytes of a line.
pub const LINE_BYTES: usize = 8 * LINE;

/// Bits a posting of a run: the filter over all (`known.rs`) is asked first.
const BITS: u64 = 8;

/// Bits that an anchor sets.
const PROBES: u32 = 4;

/// Keys that wait for one part of a growing filter …
const WAITING: usize = 8192;

/// … of so many lines: it stays in the processor's cache while they are put in.
const PART: usize = 2048;

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter(Vec<[u64; LINE]>);

/// A filter being filled. Keys come in their own order, which is none of the lines': put in one by one, each would wait
/// for memory, and that took three quarters of the time of merging runs. So they are put in a part at a time.
pub struct Filling {
    filter: Filter,
    /// The keys that wait, for each part.
    waiting: Vec<Vec<u64>>,
}

impl Filling {
    /// An empty filter for so many postings of a run.
    pub fn of_run(postings: u64) -> Self {
        Self::of_bytes(Filter::bytes_for(postings))
    }

    /// An empty filter of so many bytes.
    pub fn of_bytes(bytes: u64) -> Self {
        let filter = Filter::of_bytes(bytes);
        let waiting = vec![Vec::new(); filter.0.len().div_ceil(PART)];
        Self { filter, waiting }
    }

    pub fn insert(&mut self, anchor: u64) {
        let waiting = &mut self.waiting[self.filter.line(anchor) / PART];
        waiting.push(anchor);
        if waiting.len() == WAITING {
            waiting.drain(..).for_each(|anchor| self.filter.insert(anchor));
        }
    }

    /// The filter with all that was put in.
    pub fn finish(mut self) -> Filter {
        self.waiting.into_iter().flatten().for_each(|anchor| self.filter.insert(anchor));
        self.filter
    }
}

impl Filter {
    fn of_bytes(bytes: u64) -> Self {
        let lines = bytes.div_ceil(LINE_BYTES as u64).max(1);
        Self(vec![[0; LINE]; lines as usize])
    }

    /// Bytes it takes.
    pub const fn bytes(&self) -> u64 {
        (self.0.len() * LINE_BYTES) as u64
    }

    /// What a filter for so many postings of a run takes, bytes.
    pub const fn bytes_for(postings: u64) -> u64 {
        postings * BITS / 8
    }

    pub fn insert(&mut self, anchor: u64) {
        let line = self.line(anchor);
        for (word, bit) in bits(anchor) {
            self.0[line][word] |= bit;
        }
    }

    /// Reads a word of each anchor's line.
    pub fn fetch(&self, anchors: &[u64]) -> u64 {
        anchors.iter().fold(0, |seen, anchor| seen ^ self.0[self.line(*anchor)][0])
    }

    /// Whether an anchor may be held.
    pub fn may_hold(&self, anchor: u64) -> bool {
        let line = &self.0[self.line(anchor)];
        bits(anchor).fold(0, |missing, (word, bit)| missing | (bit & !line[word])) == 0
    }

    fn line(&self, anchor: u64) -> usize {
        let spread = anchor.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ((spread * self.0.len() as u64) >> 32) as usize
    }

    /// Its bytes, a line at a time: a filter is large, and there is none to spare.
    pub fn lines(&self) -> impl Iterator<Item = [u8; LINE_BYTES]> {
        self.0.iter().map(|line| {
            let mut bytes = [0; LINE_BYTES];
            let (words, _) = bytes.as_chunks_mut::<8>();
            words.iter_mut().zip(line).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
            bytes
        })
    }

    /// The filter of these lines; none where there is no line.
    pub fn from_lines<E>(lines: impl Iterator<Item = Result<[u8; LINE_BYTES], E>>) -> Result<Option<Self>, E> {
        let line = |bytes: [u8; LINE_BYTES]| {
            let (words, _) = bytes.as_chunks::<8>();
            std::array::from_fn(|at| u64::from_be_bytes(words[at]))
        };
        let lines: Vec<[u64; LINE]> = lines.map(|bytes| bytes.map(line)).collect::<Result<_, E>>()?;
        Ok((!lines.is_empty()).then_some(Self(lines)))
    }
}

/// Words of the line, and the bit in each, nine bits of a hash a place.
fn bits(anchor: u64) -> impl Iterator<Item = (usize, u64)> {
    let spread = (anchor ^ anchor >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (1..=PROBES).map(move |probe| {
        let place = spread >> (64 - 9 * probe);
        ((place >> 6) as usize % LINE, 1 << (place & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_is_never_missed_and_little_else_is_let_through() {
        // Anchors are the least of a text's hashes: small numbers, here the hashes' first sixteenth.
        let hash = |number: u64| (number.wrapping_mul(0xA076_1D64_78BD_642F) ^ number << 7) >> 4;
        let mut filling = Filling::of_bytes(150_000);
        (0..100_000).for_each(|number| filling.insert(hash(number)));
        let lines: Vec<[u8; LINE_BYTES]> = filling.finish().lines().collect();
        let filter = Filter::from_lines(lines.into_iter().map(Ok::<_, ()>)).expect("lines").expect("a filter");
        assert!((0..100_000).all(|number| filter.may_hold(hash(number))));
        let let_through = (100_000..110_000).filter(|number| filter.may_hold(hash(*number))).count();
        assert!(let_through < 130, "{let_through} of 10,000");
    }
}
