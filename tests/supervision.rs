//! A pipeline that breaks is started again from the ledger, so often and no more.

use crate::support::articles::Input;
use crate::support::desk::Desk;
use crate::support::oracle::Outcome;
use crate::support::torture::reference;

/// A bug in a task, not an article: the sink's own task panics.
const BREAKS_ONCE: &str = "sink.before=3*off->1*panic->off";
const BREAKS_ALWAYS: &str = "sink.before=panic";

fn desk() -> Desk {
    Desk::new().with("sinks.lines", "batch_articles", "10").with("sinks.store", "batch_articles", "10")
}

#[test]
fn a_task_that_panics_is_started_again_from_the_ledger() {
    let input = Input::of(0x5109, 200);
    let desk = desk();
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start_with(&[("FAILPOINTS", BREAKS_ONCE)]);
    desk.wait_until_taken(&mut daemon);
    assert_eq!(daemon.metrics().get("copydesk_pipeline_restarts_total{stage=\"sink\"}"), 1.0);
    assert_eq!(daemon.metrics().sum("copydesk_pipeline_restarts_total"), 1.0);
    daemon.stop();
    Outcome::of(&desk).assert_same(&reference(&input));
}

#[test]
fn a_desk_that_breaks_again_and_again_gives_up_and_loses_nothing() {
    let input = Input::of(0x5110, 120);
    let desk = desk().with("pipeline", "restarts", "2");
    input.lay_out(&desk.inbox());
    let mut daemon = desk.start_with(&[("FAILPOINTS", BREAKS_ALWAYS)]);
    let status = daemon.wait_for_end();
    assert!(!status.success() && daemon.has_said("the pipeline broke too often, giving up"), "{}", daemon.log());
    desk.run_to_end();
    Outcome::of(&desk).assert_same(&reference(&input));
}
