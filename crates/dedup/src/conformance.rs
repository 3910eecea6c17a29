//! What every index must do, as checks that a store's tests run against it.
//!
//! `conformance::check(|| empty_store())` panics with the promise that was broken. Each promise gets a store of its
//! own, empty. Enabled for this crate's tests and by the feature `conformance`.

use std::fmt::Debug;

use copydesk_article::{ArticleId, Measure, Sequence};

use crate::index::{AddressRow, Changes, Holder, Horizon, Likeness, MAX_HOLDERS, SketchRow, Store, TextRow, Window};
use crate::recent::Recent;
use crate::sketch::Sketch;

/// Checks every promise of [`Store`] against stores made by `empty`.
///
/// # Panics
/// Where a promise is broken, or the store fails.
pub fn check<S: Store<Error: Debug>>(mut empty: impl FnMut() -> S) {
    what_was_added_is_found(empty());
    the_first_holder_of_a_text_stays(empty());
    holders_are_the_first_in_order(empty());
    holders_are_capped_over_all_windows(empty());
    holders_expire_with_their_windows(empty());
    the_newest_row_of_an_address_counts(empty());
    windows_expire_whole(empty());
    texts_expire_before_their_keys(empty());
    what_is_recent_is_seen_like_what_is_stored(empty(), empty());
}

fn holder(sequence: u64) -> Holder {
    Holder { id: ArticleId::of("conformance", None, &sequence.to_be_bytes()), sequence: Sequence(sequence) }
}

fn changes(sequence: u64, window: u32) -> Changes {
    Changes {
        sequence: Sequence(sequence),
        window: Window(window),
        text: None,
        anchors: Vec::new(),
        sketch: None,
        address: None,
    }
}

fn sketch(sequence: u64) -> SketchRow {
    SketchRow {
        id: holder(sequence).id,
        of: sequence.is_multiple_of(2).then(|| holder(1)),
        sketch: Sketch::of(&format!("The Ferry sailed at {sequence}.")),
    }
}

fn address(sequence: u64) -> AddressRow {
    AddressRow {
        document: holder(sequence).id,
        original: holder(1),
        versions: 3,
        current: holder(sequence),
        fetched: Some(-1),
        texts: vec![(u128::MAX, 2), (0, 3)],
        turnovers: 1,
    }
}

fn text(sequence: u64) -> TextRow {
    TextRow { original: holder(sequence), likeness: None }
}

fn found<T, E: Debug>(looked_up: Result<T, E>) -> T {
    looked_up.unwrap_or_else(|error| panic!("the store failed: {error:?}"))
}

fn what_was_added_is_found<S: Store<Error: Debug>>(mut store: S) {
    let likeness = Likeness { similarity: 0.625, measure: Measure::Containment };
    let row = TextRow { likeness: Some(likeness), ..text(1) };
    let change = Changes {
        text: Some((u128::MAX, row)),
        anchors: vec![0, u64::MAX],
        sketch: Some(sketch(7)),
        address: Some((1 << 100, address(7))),
        ..changes(7, 2)
    };
    found(store.apply(&[change]));
    assert_eq!(found(store.text(u128::MAX)), Some(row));
    assert_eq!(found(store.text(0)), None);
    let holders = found(store.holders(&[5, u64::MAX, 0]));
    assert_eq!(holders, [vec![], vec![Sequence(7)], vec![Sequence(7)]], "one list a key, in the order asked");
    assert_eq!(found(store.sketches(&[Sequence(8), Sequence(7)])), [None, Some(sketch(7))]);
    assert_eq!(found(store.address(1 << 100)), Some(address(7)));
    assert_eq!(found(store.address(1)), None);
}

fn the_first_holder_of_a_text_stays<S: Store<Error: Debug>>(mut store: S) {
    for (sequence, window) in [(1, 0), (2, 0), (3, 1)] {
        found(store.apply(&[Changes { text: Some((9, text(sequence))), ..changes(sequence, window) }]));
        assert_eq!(found(store.text(9)), Some(text(1)));
    }
}

fn holders_are_the_first_in_order<S: Store<Error: Debug>>(mut store: S) {
    let all: Vec<Changes> = (1..=20).map(|sequence| Changes { anchors: vec![4], ..changes(sequence, 0) }).collect();
    found(store.apply(&all[..3]));
    assert_eq!(found(store.holders(&[4])), [(1..=3).map(Sequence).collect::<Vec<_>>()]);
    found(store.apply(&all[3..]));
    assert_eq!(found(store.holders(&[4])), [(1..=MAX_HOLDERS as u64).map(Sequence).collect::<Vec<_>>()]);
}

fn holders_are_capped_over_all_windows<S: Store<Error: Debug>>(mut store: S) {
    for sequence in 1..=20 {
        let window = sequence as u32 / 3;
        found(store.apply(&[Changes { anchors: vec![4], ..changes(sequence, window) }]));
    }
    assert_eq!(found(store.holders(&[4])), [(1..=MAX_HOLDERS as u64).map(Sequence).collect::<Vec<_>>()]);
}

/// Those that expire make room for those after them.
fn holders_expire_with_their_windows<S: Store<Error: Debug>>(mut store: S) {
    let all: Vec<Sequence> = (1..=20).map(Sequence).collect();
    for sequence in 1..=20 {
        let known = found(store.holders(&[4])).remove(0);
        assert_eq!(known, all[..(sequence as usize - 1).min(MAX_HOLDERS)]);
        found(store.apply(&[Changes { anchors: vec![4], ..changes(sequence, sequence as u32 / 5) }]));
    }
    found(store.expire(Horizon { keys: Window(2), texts: Window(2) }));
    assert_eq!(found(store.holders(&[4])).remove(0), all[9..9 + MAX_HOLDERS]);
}

fn the_newest_row_of_an_address_counts<S: Store<Error: Debug>>(mut store: S) {
    for (sequence, window) in [(1, 0), (2, 0), (3, 1)] {
        found(store.apply(&[Changes { address: Some((6, address(sequence))), ..changes(sequence, window) }]));
        assert_eq!(found(store.address(6)), Some(address(sequence)));
    }
}

fn windows_expire_whole<S: Store<Error: Debug>>(mut store: S) {
    for sequence in 1..=2 {
        let change = Changes {
            text: Some((u128::from(sequence), text(sequence))),
            anchors: vec![4],
            sketch: Some(sketch(sequence)),
            address: Some((u128::from(sequence), address(sequence))),
            ..changes(sequence, sequence as u32)
        };
        found(store.apply(&[change]));
    }
    found(store.expire(Horizon { keys: Window(2), texts: Window(2) }));
    assert_eq!((found(store.text(1)), found(store.text(2))), (None, Some(text(2))));
    assert_eq!(found(store.holders(&[4])), [vec![Sequence(2)]]);
    assert_eq!(found(store.sketches(&[Sequence(1), Sequence(2)])), [None, Some(sketch(2))]);
    assert_eq!((found(store.address(1)), found(store.address(2))), (None, Some(address(2))));
}

fn texts_expire_before_their_keys<S: Store<Error: Debug>>(mut store: S) {
    for sequence in 1..=3 {
        let change = Changes {
            text: Some((u128::from(sequence), text(sequence))),
            anchors: vec![4],
            sketch: Some(sketch(sequence)),
            address: Some((u128::from(sequence), address(sequence))),
            ..changes(sequence, sequence as u32)
        };
        found(store.apply(&[change]));
    }
    found(store.expire(Horizon { keys: Window(2), texts: Window(3) }));
    assert_eq!([1, 2, 3].map(|key| found(store.text(key)).is_some()), [false, true, true]);
    assert_eq!([1, 2, 3].map(|key| found(store.address(key)).is_some()), [false, true, true]);
    assert_eq!(found(store.holders(&[4])), [vec![Sequence(3)]]);
    assert_eq!(found(store.sketches(&[Sequence(2), Sequence(3)])), [None, Some(sketch(3))]);
}

/// Half stored and half recent, or all stored: every look-up is the same. So it is while a commit comes in between:
/// stored, and still recent.
fn what_is_recent_is_seen_like_what_is_stored<S: Store<Error: Debug>>(mut half: S, mut whole: S) {
    let mut recent = Recent::default();
    for sequence in 1..=12 {
        let change = Changes {
            text: Some((u128::from(sequence % 5), text(sequence))),
            anchors: vec![sequence % 3, 7],
            sketch: Some(sketch(sequence)),
            address: Some((u128::from(sequence % 4), address(sequence))),
            ..changes(sequence, 0)
        };
        found(whole.apply(std::slice::from_ref(&change)));
        if sequence <= 5 {
            found(half.apply(std::slice::from_ref(&change)));
        }
        recent.push(change);
    }
    for settled in [0, 3, 5] {
        recent.settle(Sequence(settled));
        same_look_ups(&recent, &half, &whole);
    }
}

fn same_look_ups<S: Store<Error: Debug>>(recent: &Recent, half: &S, whole: &S) {
    use crate::index::Index;

    let over = recent.over(half, Horizon::default());
    let sequences: Vec<Sequence> = (0..=13).map(Sequence).collect();
    assert_eq!(found(over.holders(&[0, 1, 2, 7, 8])), found(whole.holders(&[0, 1, 2, 7, 8])));
    assert_eq!(found(over.sketches(&sequences)), found(whole.sketches(&sequences)));
    for key in 0..6 {
        assert_eq!(found(over.text(key)), found(whole.text(key)));
        assert_eq!(found(over.address(key)), found(whole.address(key)));
    }
}
