//! What every store with a server must survive: a network that breaks, a server that dies, words that are lost.
//!
//! Batches stream through a proxy; after each fault the batch is tried again, as the runner does. At the end the store
//! holds what the sink's class promises, article by article.

use std::path::Path;

use copydesk_sinks::{Failure, Row, SinkError};

use crate::contract::assert_holds;
use crate::harness::{Desk, Served, WRONG, delete, id, newest, put};
use crate::proxy::{Fault, Proxy};

/// Tries before a sink counts as one that does not come back. A connection that was pooled may cost one.
const TRIES: usize = 200;

/// Every fault. Output says which one was under test when it failed.
pub async fn all(served: &dyn Served) {
    println!("{}", served.name());
    println!("connections_reset");
    connections_reset(served).await;
    println!("answers_that_come_too_late");
    answers_that_come_too_late(served).await;
    println!("replies_lost_at_every_place");
    replies_lost_at_every_place(served).await;
    println!("a_server_killed_in_the_middle");
    a_server_killed_in_the_middle(served).await;
    println!("a_row_that_the_server_refuses");
    a_row_that_the_server_refuses(served).await;
    println!("a_wrong_secret");
    a_wrong_secret(served).await;
}

/// A stream of batches to a store behind a proxy.
struct Stream<'a> {
    served: &'a dyn Served,
    place: &'a Path,
    proxy: Proxy,
    desk: Desk,
    /// Everything delivered.
    rows: Vec<Row>,
    /// Rows of tries that failed, once each.
    repeated: Vec<Row>,
}

impl<'a> Stream<'a> {
    async fn begin(served: &'a dyn Served, place: &'a Path) -> Self {
        let proxy = Proxy::before(served.address(), served.names_itself()).await;
        let desk = Desk::open(served.sink_at(place, proxy.address), None).await;
        Self { served, place, proxy, desk, rows: Vec::new(), repeated: Vec::new() }
    }

    /// The next batch: new articles, one that is there already, and now and then one that goes.
    fn batch(&self) -> Vec<Row> {
        let next = self.rows.last().map_or(1, |row| row.sequence.0 + 1);
        let article = |sequence: u64| u8::try_from(sequence % 200).expect("small");
        let mut batch: Vec<Row> = (next..next + 8).map(|n| put(article(n), n, &format!("text {n} of Oslo"))).collect();
        batch.push(put(article(next / 2), next + 8, "a newer text of Lima"));
        if next % 2 == 1 {
            batch.push(delete(article(next / 3), next + 9));
        }
        batch
    }

    /// One try, which may fail.
    async fn attempt(&mut self, batch: &[Row]) -> Result<(), SinkError> {
        let result = self.desk.attempt(batch).await;
        match &result {
            Ok(report) => {
                assert_eq!(report.rejected, [], "nothing is wrong with these rows");
                self.rows.extend_from_slice(batch);
            }
            Err(_) => self.repeated.extend_from_slice(batch),
        }
        result.map(drop)
    }

    /// Tries until it works.
    async fn insist(&mut self, batch: &[Row]) {
        for _ in 0..TRIES {
            if self.desk.sink.open(self.desk.stored.as_deref()).await.is_ok() && self.attempt(batch).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{}: the sink does not come back", self.served.name());
    }

    async fn check(&self) {
        let class = self.desk.sink.class();
        assert_holds(self.served, class, self.place, &self.rows, &self.repeated).await;
    }
}

/// Clients that try again by themselves see a connection that is gone as an answer that does not come, and the other way
/// round where they held one open.
fn is_of_the_way(error: &SinkError) -> bool {
    matches!(error.kind, Failure::Connection | Failure::Timeout)
}

async fn connections_reset(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    let mut stream = Stream::begin(served, folder.path()).await;
    for _ in 0..4 {
        let batch = stream.batch();
        stream.attempt(&batch).await.expect("nothing is wrong yet");
        let batch = stream.batch();
        stream.proxy.set(Fault::Reset);
        let error = stream.attempt(&batch).await.expect_err("the server can't be reached");
        assert!(is_of_the_way(&error), "{}: {error:?}", served.name());
        let opened = stream.desk.sink.open(stream.desk.stored.as_deref()).await;
        let tried = stream.attempt(&batch).await;
        assert!(opened.is_err() || tried.is_err(), "nor after another try");
        stream.proxy.set(Fault::None);
        // What comes again may be longer by now.
        let longer = [&batch[..], &[put(250, batch[batch.len() - 1].sequence.0 + 1, "late news of Quito")]].concat();
        stream.insist(&longer).await;
    }
    stream.check().await;
}

async fn answers_that_come_too_late(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    let mut stream = Stream::begin(served, folder.path()).await;
    for _ in 0..2 {
        let batch = stream.batch();
        stream.attempt(&batch).await.expect("nothing is wrong yet");
        let batch = stream.batch();
        stream.proxy.set(Fault::Silence);
        let error = stream.attempt(&batch).await.expect_err("no answer comes");
        assert!(is_of_the_way(&error), "{}: {error:?}", served.name());
        stream.proxy.set(Fault::None);
        stream.insist(&batch).await;
    }
    stream.check().await;
}

async fn replies_lost_at_every_place(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    let mut stream = Stream::begin(served, folder.path()).await;
    let mut lost = 0;
    for pieces in 0..24 {
        let batch = stream.batch();
        stream.proxy.set(Fault::Cut(pieces));
        let tried = stream.attempt(&batch).await;
        stream.proxy.set(Fault::None);
        match tried {
            // It took fewer pieces than that: the connection may still be cut at any time, so a new one.
            Ok(()) => break,
            Err(_) => lost += 1,
        }
        stream.insist(&batch).await;
    }
    assert!(lost > 0, "{}: no reply was lost", served.name());
    stream.check().await;
}

async fn a_server_killed_in_the_middle(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    let mut stream = Stream::begin(served, folder.path()).await;
    for _ in 0..3 {
        let batch = stream.batch();
        stream.insist(&batch).await;
        let batch = stream.batch();
        // At once, so that the kill meets the batch under way more often than not.
        let (tried, restarted) = tokio::join!(stream.attempt(&batch), served.restart());
        if !restarted {
            println!("{} would forget everything: not killed", served.name());
            return;
        }
        if tried.is_err() {
            stream.insist(&batch).await;
        }
    }
    stream.check().await;
}

async fn a_row_that_the_server_refuses(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    let mut desk = Desk::open(served.sink(folder.path()), None).await;
    for at in [0, 3, 6] {
        let base = u64::from(at) * 10;
        let (poison, word) = served.poison(100 + at, base + u64::from(at) + 1);
        let mut batch: Vec<Row> = (0..7).map(|n| put(n, base + u64::from(n) + 1, "text of Oslo")).collect();
        batch[usize::from(at)] = poison;
        let report = desk.deliver(&batch).await;
        let rejected: Vec<usize> = report.rejected.iter().map(|rejection| rejection.row).collect();
        assert_eq!(rejected, [usize::from(at)], "{}: {report:?}", served.name());
        let reason = &report.rejected[0].reason;
        assert!(reason.contains(word), "{}: the server's words: {reason}", served.name());
        let states = newest(&served.rows(folder.path()).await);
        for n in (0..7).filter(|n| *n != at) {
            assert_eq!(states[&id(n).to_string()].0, base + u64::from(n) + 1, "{}", served.name());
        }
        assert!(!states.contains_key(&id(100 + at).to_string()), "{}", served.name());
    }
}

async fn a_wrong_secret(served: &dyn Served) {
    let folder = tempfile::tempdir().expect("temp");
    Desk::open(served.sink(folder.path()), None).await;
    let mut sink = served.stranger(folder.path());
    let error = match sink.open(None).await {
        Err(error) => error,
        Ok(()) => Desk { sink, stored: None }.attempt(&[put(1, 1, "text")]).await.expect_err("it is refused"),
    };
    // Neither mock knows users: a stranger there asks for what is missing.
    let kind = if ["s3", "kafka"].contains(&served.name()) { Failure::Store } else { Failure::Access };
    assert_eq!(error.kind, kind, "{}: {error}", served.name());
    assert!(!error.message.contains(WRONG), "{}: {error}", served.name());
    assert!(error.message.contains("check"), "{}: says what to do: {error}", served.name());
    assert_eq!(served.rows(folder.path()).await, [], "{}", served.name());
}
