//! What a line says, as a hash that is stable for ever.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes beyond which a line counts by its very bytes: nobody sets a long paragraph in two ways.
const LONG_LINE: usize = 600;

/// Fewest letters of a line that says something: page numbers, rows of a table and rules of dashes do not.
const FEWEST_LETTERS: usize = 2;

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Before the first prose of the body, or after the last.
    Edge,
    /// Among the prose.
    Inside,
}

/// Hash of what a line says: its letters and digits in lower case, words parted by one space. At an edge numbers are
/// alike, because "12 comments" and "© 2024" are the same line every day; inside the body they are what a table or a
/// heading says. None for a line that says nothing.
#[must_use]
pub fn line_hash(line: &str, place: Place) -> Option<u64> {
    let [edge, inside] = hash_lines(line)?;
    Some(match place {
        Place::Edge => edge,
        Place::Inside => inside,
    })
}

/// Both hashes of a line, at an edge and inside.
#[must_use]
pub fn hash_lines(line: &str) -> Option<[u64; 2]> {
    let line = line.trim();
    if line.len() > LONG_LINE {
        let hash = xxh3_64(line.as_bytes());
        return Some([hash, hash]);
    }
    let mut key = String::with_capacity(line.len());
    let (mut letters, mut numbers) = (0, false);
    let mut gap = false;
    for c in line.chars() {
        if !c.is_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && !key.is_empty() {
            key.push(' ');
        }
        gap = false;
        letters += usize::from(c.is_alphabetic());
        numbers |= c.is_numeric();
        if c.is_ascii() {
            key.push(c.to_ascii_lowercase());
        } else {
            key.extend(c.to_lowercase());
        }
    }
    if letters < FEWEST_LETTERS {
        return None;
    }
    let inside = xxh3_64(key.as_bytes());
    Some([if numbers { xxh3_64(masked(&key).as_bytes()) } else { inside }, inside])
}

/// A key with each run of numbers as one `0`.
fn masked(key: &str) -> String {
    let mut masked = String::with_capacity(key.len());
    for c in key.chars() {
        if !c.is_numeric() {
            masked.push(c);
        } else if !masked.ends_with('0') {
            masked.push('0');
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_by_what_they_say() {
        let edge = |line| line_hash(line, Place::Edge);
        let inside = |line| line_hash(line, Place::Inside);
        assert_eq!(edge("  SHARE this story! "), edge("Share this story"));
        assert_eq!(edge("12 comments"), edge("3 Comments"));
        assert_ne!(inside("12 comments"), inside("3 comments"));
        assert_eq!(inside("More from Lindvik"), edge("More from Lindvik"));
        assert_eq!((edge("1 2 3 …"), edge("* * *"), edge("—")), (None, None, None));
        assert!(edge("头条").is_some());
    }

    #[test]
    fn hashes_are_stable_for_ever() {
        assert_eq!(line_hash("Share this story", Place::Inside), Some(xxh3_64(b"share this story")));
        assert_eq!(line_hash("© 2024 Lindvik Post", Place::Edge), Some(xxh3_64(b"0 lindvik post")));
    }

    #[test]
    fn a_long_line_counts_by_its_bytes() {
        let long = "The harbour board met. ".repeat(40);
        assert_eq!(line_hash(&long, Place::Edge), line_hash(&long, Place::Inside));
        assert_ne!(line_hash(&long, Place::Edge), line_hash(&long.to_uppercase(), Place::Edge));
    }
}
