//! A model as it ships: boosted trees, all of one depth, read from a file in the crate.
//!
//! The file is little-endian: the depth and the number of columns (one byte each), the number of trees (two), a
//! start value (`f32`), then each tree: for every inner node, from the root down and from left to right, a column
//! (one byte) and a threshold (`f32`), then the leaves (`f32`). A row goes right where its value is greater than the
//! threshold. Sums are made in the order of the trees, so the result is the same on every machine.

/// Boosted trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    depth: usize,
    columns: usize,
    start: f32,
    /// Column and threshold of all inner nodes, tree by tree.
    nodes: Vec<(u8, f32)>,
    /// All leaves, tree by tree.
    leaves: Vec<f32>,
}

impl Forest {
    /// Trees of a depth over rows of so many columns; none yet.
    #[must_use]
    pub const fn new(depth: usize, columns: usize, start: f32) -> Self {
        Self { depth, columns, start, nodes: Vec::new(), leaves: Vec::new() }
    }

    /// How many columns a row has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Adds a tree: its inner nodes and its leaves, from the root down and from left to right.
    ///
    /// # Panics
    /// Where the numbers of nodes and leaves are not those of the depth, or a column is beyond the row.
    pub fn push(&mut self, nodes: &[(u8, f32)], leaves: &[f32]) {
        assert!(nodes.len() == (1 << self.depth) - 1 && leaves.len() == 1 << self.depth, "not a tree of this depth");
        assert!(nodes.iter().all(|&(column, _)| usize::from(column) < self.columns), "a column beyond the row");
        self.nodes.extend_from_slice(nodes);
        self.leaves.extend_from_slice(leaves);
    }

    /// Reads a model; `None` if the bytes are none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, mut rest) = bytes.split_at_checked(4)?;
        let (depth, columns) = (usize::from(head[0]), usize::from(head[1]));
        let trees = usize::from(u16::from_le_bytes([head[2], head[3]]));
        if depth > 12 {
            return None;
        }
        let float = |rest: &mut &[u8]| {
            let (bytes, after) = rest.split_first_chunk::<4>()?;
            *rest = after;
            Some(f32::from_le_bytes(*bytes))
        };
        let mut forest = Self::new(depth, columns, float(&mut rest)?);
        for _ in 0..trees {
            for _ in 0..(1 << depth) - 1 {
                let (&column, after) = rest.split_first()?;
                rest = after;
                forest.nodes.push((column, float(&mut rest)?));
                if usize::from(column) >= columns {
                    return None;
                }
            }
            for _ in 0..1 << depth {
                forest.leaves.push(float(&mut rest)?);
            }
        }
        Some((forest, rest))
    }

    /// The model as bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let trees = self.leaves.len() >> self.depth;
        let mut bytes = vec![narrow(self.depth), narrow(self.columns)];
        bytes.extend(u16::try_from(trees).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        for (nodes, leaves) in self.nodes.chunks((1 << self.depth) - 1).zip(self.leaves.chunks(1 << self.depth)) {
            for (column, threshold) in nodes {
                bytes.push(*column);
                bytes.extend(threshold.to_le_bytes());
            }
            bytes.extend(leaves.iter().flat_map(|leaf| leaf.to_le_bytes()));
        }
        bytes
    }

    /// What the trees say of each row, in sum: above zero is yes.
    #[must_use]
    pub fn scores<const WIDTH: usize>(&self, rows: &[[f32; WIDTH]]) -> Vec<f32> {
        let inner = (1 << self.depth) - 1;
        let mut sums = vec![self.start; rows.len()];
        // Tree by tree: one fits where the processor has it at hand, all of them do not.
        for (nodes, leaves) in self.nodes.chunks_exact(inner).zip(self.leaves.chunks_exact(inner + 1)) {
            for (sum, row) in sums.iter_mut().zip(rows) {
                let mut at = 0;
                for _ in 0..self.depth {
                    let (column, threshold) = nodes[at];
                    at = 2 * at + 1 + usize::from(row[usize::from(column)] > threshold);
                }
                *sum += leaves[at - inner];
            }
        }
        sums
    }
}

fn narrow(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_says_the_same() {
        let mut forest = Forest::new(2, 3, 0.5);
        forest.push(&[(0, 1.0), (1, 2.0), (2, 3.0)], &[1.0, 2.0, 4.0, 8.0]);
        forest.push(&[(2, 0.0), (0, f32::INFINITY), (1, 0.0)], &[0.0, 0.0, -16.0, 0.0]);
        assert_eq!(forest.scores(&[[2.0, 0.0, 4.0]; 2]), [0.5 + 8.0 - 16.0; 2]);
        let bytes = forest.write();
        assert_eq!(Forest::read(&bytes), Some((forest, &[][..])));
        for cut in 0..bytes.len() {
            assert_eq!(Forest::read(&bytes[..cut]), None, "{cut}");
        }
    }
}
