//! Gradient boosting of regression trees on the logistic loss (Friedman 2001), by histograms: values are sorted into
//! at most 64 bins a column, and trees grow level by level to one depth.

use copydesk_clean::sift::forest::Forest;

use crate::random::Random;

/// Most bins of a column.
const BINS: usize = 64;
/// Rows that the bins of a column are made from.
const BINNED_FROM: usize = 40_000;
/// Share of the rows, and of the columns, that each tree sees.
const ROWS_SEEN: f64 = 0.4;
const COLUMNS_SEEN: f64 = 0.5;
/// What holds leaves near zero, in weight.
const SHRINK: f64 = 0.5;

/// How much is learned, and how fast.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    pub trees: usize,
    pub depth: usize,
    pub rate: f64,
}

/// Rows to learn from.
pub(super) struct Table {
    columns: usize,
    values: Vec<f32>,
    yes: Vec<bool>,
    weights: Vec<f32>,
}

impl Table {
    pub(super) const fn new(columns: usize) -> Self {
        Self { columns, values: Vec::new(), yes: Vec::new(), weights: Vec::new() }
    }

    pub(super) fn push(&mut self, row: &[f32], yes: bool, weight: f32) {
        self.values.extend_from_slice(row);
        self.yes.push(yes);
        self.weights.push(weight);
    }
}

/// Learns a forest.
pub(super) fn learn(table: &Table, effort: Effort, random: &mut Random) -> Forest {
    let rows = table.yes.len();
    let bounds: Vec<Vec<f32>> = (0..table.columns).map(|column| bounds(table, column)).collect();
    let bins: Vec<Vec<u8>> = (0..table.columns)
        .map(|column| {
            let values = table.values.iter().skip(column).step_by(table.columns);
            values.map(|value| bounds[column].partition_point(|bound| bound < value) as u8).collect()
        })
        .collect();
    let scale = rows as f64 / table.weights.iter().map(|&weight| f64::from(weight)).sum::<f64>();
    let weights: Vec<f64> = table.weights.iter().map(|&weight| f64::from(weight) * scale).collect();
    let mut forest = Forest::new(effort.depth, table.columns, 0.0);
    let mut scores = vec![0.0_f64; rows];
    let mut slopes = vec![(0.0_f32, 0.0_f32); rows];
    for _ in 0..effort.trees {
        for row in 0..rows {
            let chance = 1.0 / (1.0 + (-scores[row]).exp());
            let slope = weights[row] * (f64::from(u8::from(table.yes[row])) - chance);
            slopes[row] = (slope as f32, (weights[row] * chance * (1.0 - chance)) as f32);
        }
        let seen: Vec<u32> =
            (0..rows).filter(|_| random.fraction() < ROWS_SEEN).filter_map(|row| u32::try_from(row).ok()).collect();
        let columns: Vec<usize> = (0..table.columns).filter(|_| random.fraction() < COLUMNS_SEEN).collect();
        let tree = Tree::grow(&bins, &bounds, &slopes, seen, &columns, effort);
        for (row, score) in scores.iter_mut().enumerate() {
            *score += tree.leaves[tree.leaf(|column| bins[column][row])];
        }
        let nodes: Vec<(u8, f32)> = tree.nodes.iter().map(|node| (node.column as u8, node.threshold)).collect();
        let leaves: Vec<f32> = tree.leaves.iter().map(|&leaf| leaf as f32).collect();
        forest.push(&nodes, &leaves);
    }
    forest
}

/// Bounds between the bins of a column: a value is in the bin of the bounds that are less than it.
fn bounds(table: &Table, column: usize) -> Vec<f32> {
    let rows = table.yes.len();
    let step = (rows / BINNED_FROM).max(1);
    let mut values: Vec<f32> = (0..rows).step_by(step).map(|row| table.values[row * table.columns + column]).collect();
    values.sort_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let mut bounds: Vec<f32> =
        if distinct.len() < BINS { distinct } else { (1..BINS).map(|bin| values[bin * values.len() / BINS]).collect() };
    bounds.dedup();
    bounds.truncate(BINS - 1);
    bounds
}

#[derive(Clone, Copy)]
struct Node {
    column: usize,
    bin: u8,
    threshold: f32,
}

struct Tree {
    depth: usize,
    nodes: Vec<Node>,
    leaves: Vec<f64>,
}

impl Tree {
    fn grow(
        bins: &[Vec<u8>],
        bounds: &[Vec<f32>],
        slopes: &[(f32, f32)],
        seen: Vec<u32>,
        columns: &[usize],
        effort: Effort,
    ) -> Self {
        let mut tree = Self { depth: effort.depth, nodes: Vec::new(), leaves: Vec::new() };
        let mut groups: Vec<Vec<u32>> = vec![seen];
        for _ in 0..effort.depth {
            let mut next = Vec::with_capacity(groups.len() * 2);
            for group in groups {
                let node = best_split(bins, bounds, slopes, &group, columns);
                tree.nodes.push(node);
                let (right, left): (Vec<u32>, Vec<u32>) =
                    group.into_iter().partition(|&row| bins[node.column][row as usize] > node.bin);
                next.extend([left, right]);
            }
            groups = next;
        }
        tree.leaves = groups
            .iter()
            .map(|group| {
                let (slope, curve) = sum(slopes, group);
                effort.rate * slope / (curve + SHRINK)
            })
            .collect();
        tree
    }

    fn leaf(&self, bin: impl Fn(usize) -> u8) -> usize {
        let mut at = 0;
        for _ in 0..self.depth {
            let node = self.nodes[at];
            at = 2 * at + 1 + usize::from(bin(node.column) > node.bin);
        }
        at - self.nodes.len()
    }
}

fn sum(slopes: &[(f32, f32)], group: &[u32]) -> (f64, f64) {
    group.iter().fold((0.0, 0.0), |(slope, curve), &row| {
        let (s, c) = slopes[row as usize];
        (slope + f64::from(s), curve + f64::from(c))
    })
}

/// The split that helps most; where none does, one that sends every row to the left.
fn best_split(bins: &[Vec<u8>], bounds: &[Vec<f32>], slopes: &[(f32, f32)], group: &[u32], columns: &[usize]) -> Node {
    let (slope, curve) = sum(slopes, group);
    let worth = |slope: f64, curve: f64| slope * slope / (curve + SHRINK);
    let mut best = (1e-6, Node { column: 0, bin: u8::MAX, threshold: f32::INFINITY });
    for &column in columns {
        let mut histogram = [(0.0_f64, 0.0_f64); BINS];
        for &row in group {
            let (s, c) = slopes[row as usize];
            let bin = &mut histogram[usize::from(bins[column][row as usize])];
            bin.0 += f64::from(s);
            bin.1 += f64::from(c);
        }
        let (mut left_slope, mut left_curve) = (0.0, 0.0);
        for (bin, &bound) in bounds[column].iter().enumerate() {
            left_slope += histogram[bin].0;
            left_curve += histogram[bin].1;
            let (right_slope, right_curve) = (slope - left_slope, curve - left_curve);
            if left_curve < 1.0 || right_curve < 1.0 {
                continue;
            }
            let gain = worth(left_slope, left_curve) + worth(right_slope, right_curve) - worth(slope, curve);
            if gain > best.0 {
                best = (gain, Node { column, bin: bin as u8, threshold: bound });
            }
        }
    }
    best.1
}
