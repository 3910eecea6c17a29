//! Labels of tokens: outside, or the beginning, the inside, the end or the whole of a name of one kind (BIOES).

use copydesk_article::EntityType;

/// Kinds of names, by number. The last is a name of none of the others (events, works): told apart in learning, because
/// that makes the others clearer, and left out of what is found.
pub const KINDS: [&str; 7] = ["PER", "ORG", "LOC", "NORP", "DATE", "MONEY", "MISC"];
/// Labels there are: [`OUTSIDE`] and four of each kind.
pub const LABELS: usize = 1 + 4 * KINDS.len();
/// Columns of a row of weights: the labels, filled up to a power of two.
pub const WIDTH: usize = 32;
/// The label of a token that is in no name.
pub const OUTSIDE: usize = 0;

/// Where in a name a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// First of several.
    Begin,
    /// Neither first nor last.
    Inside,
    /// Last of several.
    End,
    /// The only one.
    Single,
}

/// The label of a place in a name of a kind.
#[must_use]
pub const fn label(kind: usize, place: Place) -> usize {
    1 + 4 * kind + place as usize
}

/// The kind and the place of a label; none for [`OUTSIDE`] and for numbers that are no label.
#[must_use]
pub const fn parts(label: usize) -> Option<(usize, Place)> {
    if label == OUTSIDE || label >= LABELS {
        return None;
    }
    let place = match (label - 1) % 4 {
        0 => Place::Begin,
        1 => Place::Inside,
        2 => Place::End,
        _ => Place::Single,
    };
    Some(((label - 1) / 4, place))
}

/// Whether a name can be over after the label, or none was there.
#[must_use]
pub const fn may_end(label: usize) -> bool {
    matches!(parts(label), None | Some((_, Place::End | Place::Single)))
}

/// Whether a name can begin with the label, or none is there.
#[must_use]
pub const fn may_begin(label: usize) -> bool {
    matches!(parts(label), None | Some((_, Place::Begin | Place::Single)))
}

/// Whether one label can stand right after another.
#[must_use]
pub const fn may_follow(before: usize, label: usize) -> bool {
    match (parts(before), parts(label)) {
        (Some((kind, Place::Begin | Place::Inside)), Some((next, Place::Inside | Place::End))) => kind == next,
        _ => may_end(before) && may_begin(label),
    }
}

/// The type of the record for a kind; none for names of no type.
#[must_use]
pub const fn entity_type(kind: usize) -> Option<EntityType> {
    match kind {
        0 => Some(EntityType::Person),
        1 => Some(EntityType::Organisation),
        2 => Some(EntityType::Location),
        3 => Some(EntityType::Group),
        4 => Some(EntityType::Date),
        5 => Some(EntityType::Money),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_apart_as_they_were_put_together() {
        for kind in 0..KINDS.len() {
            for place in [Place::Begin, Place::Inside, Place::End, Place::Single] {
                assert_eq!(parts(label(kind, place)), Some((kind, place)));
            }
        }
        assert_eq!((parts(OUTSIDE), parts(LABELS)), (None, None));
    }

    #[test]
    fn a_name_begun_must_end_and_be_of_one_kind() {
        let (person, place) = (0, 2);
        assert!(may_follow(OUTSIDE, label(person, Place::Begin)));
        assert!(may_follow(label(person, Place::Begin), label(person, Place::End)));
        assert!(may_follow(label(person, Place::End), label(place, Place::Single)));
        assert!(!may_follow(label(person, Place::Begin), OUTSIDE));
        assert!(!may_follow(label(person, Place::Begin), label(place, Place::End)));
        assert!(!may_follow(OUTSIDE, label(person, Place::Inside)));
    }
}
