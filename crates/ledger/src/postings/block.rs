//! A block of a run: postings in order, as many as [`BLOCK`] bytes hold.
//!
//! | bytes | holds |
//! |---|---|
//! | 4 | checksum of the rest |
//! | 2 | number of postings |
//! | 1 + 1 | bytes of an anchor, bytes of a holder |
//! | … | the anchors, each less the block's first (the fence) |
//! | … | the holders, each less the run's base |
//! | the rest, 8 at least | zeros |
//!
//! Numbers are as wide as the widest of the block needs, the low byte first. That takes no more room than differences of
//! seven bits a byte do, and a look-up halves its way to an anchor, where it would have to add up fifty of them.

use copydesk_article::Sequence;
use xxhash_rust::xxh3::xxh3_64;

use super::run::Posting;

/// Bytes of a block: a look-up reads one.
pub const BLOCK: usize = 1024;

/// Bytes before the anchors.
const HEAD: usize = 8;

/// Where the anchors and holders end at the latest: every number can be read as a whole word.
const END: usize = BLOCK - 8;

/// A block that was read.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    bytes: &'a [u8; BLOCK],
    count: usize,
    anchor_bytes: usize,
    holder_bytes: usize,
    fence: u64,
    base: u64,
}

impl<'a> Block<'a> {
    /// The block that begins with the fence's anchor; none where its bytes are not what was written.
    pub fn of(bytes: &'a [u8; BLOCK], fence: u64, base: u64) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk()?;
        let (head, _) = rest.split_first_chunk::<4>()?;
        let [low, high, anchor_bytes, holder_bytes] = *head;
        let count = usize::from(u16::from_le_bytes([low, high]));
        let (anchor_bytes, holder_bytes) = (usize::from(anchor_bytes), usize::from(holder_bytes));
        let widths = 1..=8;
        let whole = widths.contains(&anchor_bytes)
            && widths.contains(&holder_bytes)
            && HEAD + count * (anchor_bytes + holder_bytes) <= END
            && xxh3_64(rest) as u32 == u32::from_le_bytes(*sum);
        whole.then_some(Self { bytes, count, anchor_bytes, holder_bytes, fence, base })
    }

    /// Where the first posting stands whose anchor is this or a later one.
    pub fn first_with(&self, anchor: u64) -> usize {
        let (mut from, mut to) = (0, self.count);
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.anchor(middle) < anchor {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// The postings from a place on.
    pub fn from(&self, place: usize) -> impl Iterator<Item = Posting> + 'a {
        let block = *self;
        (place..block.count).map(move |at| block.posting(at))
    }

    fn posting(&self, at: usize) -> Posting {
        let holder = number(self.bytes, HEAD + self.count * self.anchor_bytes, self.holder_bytes, at);
        Posting { anchor: self.anchor(at), holder: Sequence(self.base.wrapping_add(holder)) }
    }

    fn anchor(&self, at: usize) -> u64 {
        self.fence.wrapping_add(number(self.bytes, HEAD, self.anchor_bytes, at))
    }
}

/// The number at a place of a column that starts at a byte.
fn number(bytes: &[u8; BLOCK], column: usize, width: usize, at: usize) -> u64 {
    let from = column + at * width;
    let word = bytes[from..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    word & (u64::MAX >> (64 - 8 * width))
}

/// A block being filled.
pub struct Growing {
    base: u64,
    postings: Vec<Posting>,
    /// All holders' bits, less the base: as wide as the widest.
    holders: u64,
}

impl Growing {
    /// An empty block of a run with this base.
    pub const fn new(base: u64) -> Self {
        Self { base, postings: Vec::new(), holders: 0 }
    }

    pub const fn base(&self) -> u64 {
        self.base
    }

    pub const fn is_empty(&self) -> bool {
        self.postings.is_empty()
    }

    /// Whether one more posting, after those it has, can be pushed.
    pub fn has_room(&self, posting: Posting) -> bool {
        let anchors = posting.anchor - self.postings.first().unwrap_or(&posting).anchor;
        let holders = self.holders | (posting.holder.0 - self.base);
        HEAD + (self.postings.len() + 1) * (width(anchors) + width(holders)) <= END
    }

    pub fn push(&mut self, posting: Posting) {
        self.holders |= posting.holder.0 - self.base;
        self.postings.push(posting);
    }

    /// The block's bytes; it is empty then.
    pub fn take(&mut self) -> [u8; BLOCK] {
        let fence = self.postings.first().map_or(0, |posting| posting.anchor);
        let anchors = self.postings.last().map_or(0, |posting| posting.anchor - fence);
        let (anchor_bytes, holder_bytes) = (width(anchors), width(self.holders));
        let mut bytes = [0; BLOCK];
        bytes[4..6].copy_from_slice(&(self.postings.len() as u16).to_le_bytes());
        bytes[6..HEAD].copy_from_slice(&[anchor_bytes as u8, holder_bytes as u8]);
        // Each number overwrites the zeros that the one before it left.
        let (mut anchor_at, mut holder_at) = (HEAD, HEAD + self.postings.len() * anchor_bytes);
        for posting in &self.postings {
            bytes[anchor_at..anchor_at + 8].copy_from_slice(&(posting.anchor - fence).to_le_bytes());
            anchor_at += anchor_bytes;
        }
        for posting in &self.postings {
            bytes[holder_at..holder_at + 8].copy_from_slice(&(posting.holder.0 - self.base).to_le_bytes());
            holder_at += holder_bytes;
        }
        let sum = xxh3_64(&bytes[4..]) as u32;
        bytes[..4].copy_from_slice(&sum.to_le_bytes());
        self.postings.clear();
        self.holders = 0;
        bytes
    }
}

/// Bytes that a number needs, one at least.
fn width(number: u64) -> usize {
    (8 - number.leading_zeros() as usize / 8).max(1)
}
