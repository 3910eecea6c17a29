//! Whose turn it is: files found in several drop folders, put into one order.
//!
//! Live folders go first, in turns among themselves. A backfill gets one turn in ten for as long as live files
//! keep coming, and all turns when none do. A turn is a file, or a block of records of a long one.

use std::collections::VecDeque;

use async_channel::{Receiver, TryRecvError};
use copydesk_readers::Found;
use futures_util::future::select_all;

use crate::intake::Priority;

/// Live turns in a row before a waiting backfill has one.
pub const LIVE_TURNS: u32 = 9;

/// The files of one drop folder that wait their turn.
#[derive(Debug)]
struct Lane {
    inbox: usize,
    priority: Priority,
    found: Receiver<Vec<Found>>,
    batch: VecDeque<Found>,
}

impl Lane {
    /// The next file, without waiting.
    fn next(&mut self) -> Option<Found> {
        while self.batch.is_empty() {
            match self.found.try_recv() {
                Ok(batch) => self.batch = batch.into(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
        self.batch.pop_front()
    }
}

/// All drop folders.
#[derive(Debug)]
pub struct Lanes {
    lanes: Vec<Lane>,
    /// Live turns since the backfill had one.
    live_turns: u32,
}

impl Lanes {
    /// Of the folders of the intake, in its order.
    #[must_use]
    pub fn new(found: impl IntoIterator<Item = (Priority, Receiver<Vec<Found>>)>) -> Self {
        let lane = |(inbox, (priority, found))| Lane { inbox, priority, found, batch: VecDeque::new() };
        Self { lanes: found.into_iter().enumerate().map(lane).collect(), live_turns: 0 }
    }

    /// The next file of a priority, without waiting, with the index of its inbox.
    pub fn next_of(&mut self, priority: Priority) -> Option<(usize, Found)> {
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            if lane.priority != priority {
                continue;
            }
            if let Some(found) = lane.next() {
                let inbox = lane.inbox;
                // Those behind it are first next time.
                self.lanes[at..].rotate_left(1);
                return Some((inbox, found));
            }
        }
        None
    }

    /// The file whose turn it is, without waiting; none of a backfill unless it may go.
    pub fn next(&mut self, backfill_may_go: bool) -> Option<(usize, Found)> {
        if (self.live_turns < LIVE_TURNS || !backfill_may_go)
            && let Some(live) = self.next_of(Priority::Live)
        {
            self.live_turns += 1;
            return Some(live);
        }
        self.live_turns = 0;
        if backfill_may_go && let Some(backfill) = self.next_of(Priority::Backfill) {
            return Some(backfill);
        }
        self.next_of(Priority::Live)
    }

    /// Waits until a file is there, of one priority or of any; false when no folder is watched any more.
    pub async fn wait(&mut self, only: Option<Priority>) -> bool {
        let wanted = self.lanes.iter_mut().filter(|lane| only.is_none_or(|priority| lane.priority == priority));
        let mut waiting: Vec<&mut Lane> = wanted.collect();
        if waiting.is_empty() {
            return std::future::pending().await;
        }
        let first = select_all(waiting.iter().map(|lane| Box::pin(lane.found.recv()))).await;
        let (batch, at) = (first.0, first.1);
        drop(first.2);
        match batch {
            Ok(batch) => {
                waiting[at].batch.extend(batch);
                true
            }
            // A watch ends only with all of them.
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_channel::{Sender, unbounded};
    use copydesk_disk::{FileIdentity, Generation};

    fn found(name: &str) -> Found {
        let identity = FileIdentity { device: 1, inode: 1 };
        Found { path: name.into(), generation: Generation { identity, bytes: 0, modified_ns: 0 }, follow: false }
    }

    fn lanes(priorities: &[Priority]) -> (Vec<Sender<Vec<Found>>>, Lanes) {
        let (senders, receivers): (Vec<_>, Vec<_>) = priorities.iter().map(|_| unbounded()).unzip();
        (senders, Lanes::new(priorities.iter().copied().zip(receivers)))
    }

    fn send(lane: &Sender<Vec<Found>>, name: &str, count: usize) {
        lane.try_send((0..count).map(|at| found(&format!("{name}{at}"))).collect()).expect("open");
    }

    fn order(lanes: &mut Lanes, backfill_may_go: bool) -> Vec<usize> {
        std::iter::from_fn(|| lanes.next(backfill_may_go)).map(|(inbox, _)| inbox).collect()
    }

    #[test]
    fn a_backfill_has_one_turn_in_ten_while_live_files_wait() {
        let (senders, mut lanes) = lanes(&[Priority::Live, Priority::Backfill]);
        send(&senders[0], "live", 27);
        send(&senders[1], "old", 40);
        let order = order(&mut lanes, true);
        assert_eq!(order.len(), 67);
        assert_eq!(order[..30].iter().filter(|inbox| **inbox == 1).count(), 3, "{order:?}");
        assert!(order[30..].iter().all(|inbox| *inbox == 1));
    }

    #[test]
    fn live_folders_take_turns() {
        let (senders, mut lanes) = lanes(&[Priority::Live, Priority::Live, Priority::Live]);
        send(&senders[0], "many", 100);
        send(&senders[2], "few", 3);
        let order = order(&mut lanes, true);
        assert_eq!(order[..6].iter().filter(|inbox| **inbox == 2).count(), 3, "{order:?}");
        assert_eq!(order.len(), 103);
    }

    #[test]
    fn a_backfill_that_may_not_go_holds_nobody_up() {
        let (senders, mut lanes) = lanes(&[Priority::Backfill, Priority::Live]);
        send(&senders[0], "old", 5);
        send(&senders[1], "live", 20);
        assert_eq!(order(&mut lanes, false), vec![1; 20]);
        assert_eq!(order(&mut lanes, true), vec![0; 5]);
    }
}
