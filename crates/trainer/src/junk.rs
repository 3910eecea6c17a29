//! Text that is of no language: what the model learns to call unknown.

use crate::random::Random;
use crate::sources::Class;

/// Words of each kind.
const COUNT: usize = 30_000;

/// Makes the words of each kind, from those of the languages given where it needs any.
pub(crate) fn make(languages: &[&Class], random: &mut Random) -> [Vec<String>; 4] {
    let taken = |random: &mut Random| {
        let class = languages[random.below(languages.len())];
        class.sources[0].passage(1, random).trim().to_owned()
    };
    let uniform = (0..COUNT)
        .map(|_| (0..1 + random.below(12)).map(|_| (b'a' + random.below(26) as u8) as char).collect())
        .collect();
    let shuffled = (0..COUNT)
        .map(|_| {
            let mut letters: Vec<char> = taken(random).chars().collect();
            for at in (1..letters.len()).rev() {
                letters.swap(at, random.below(at + 1));
            }
            letters.into_iter().collect()
        })
        .collect();
    let reversed = (0..COUNT).map(|_| taken(random).chars().rev().collect()).collect();
    // A word here and there of every language, as in a list of names or of links to other editions.
    let mixed = (0..COUNT).map(|_| taken(random)).collect();
    [uniform, shuffled, reversed, mixed]
}
