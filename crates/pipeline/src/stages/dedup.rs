//! `dedup`: the same bytes from the same source again. Ordered, one task.

use copydesk_article::{Measure, Verdict};

use crate::context::Context;
use crate::flow::{Decision, Item, Read, Step};
use crate::options::Policy;
use crate::stages::GivenUp;
use crate::stages::judge::judge;
use async_channel::{Receiver, Sender};

/// Articles looked up together.
const BATCH: usize = 64;

/// Runs the stage until its inbox is closed and empty.
pub async fn run(context: Context, inbox: Receiver<Item<Read>>, outbox: Sender<Item<Read>>) -> Result<(), GivenUp> {
    let station = context.status.station("dedup");
    loop {
        station.waits();
        let Ok(first) = inbox.recv().await else { break };
        let mut batch = vec![first];
        batch.extend(std::iter::from_fn(|| inbox.try_recv().ok()).take(BATCH - 1));
        station.works(batch.len() as u64);
        judge(&context, &station, batch, &outbox, look_up).await?;
    }
    station.ends();
    Ok(())
}

fn look_up(context: &Context, item: Item<Read>) -> Result<Item<Read>, GivenUp> {
    let Item { ticket, step } = item;
    let Step::Going(mut read) = step else { return Ok(Item { ticket, step }) };
    let id = read.id;
    // Entered before anything is looked up: a twin that has left by now is durable, so the look-up finds it.
    let twin = context.in_flight.enter(id, ticket.sequence);
    if context.is_known(id)? {
        let verdict = Verdict::Duplicate { of: id, measure: Measure::Id };
        if context.policies.of(&verdict) == Policy::Withhold {
            let decision = Decision::only(Some(id), verdict);
            return Ok(Item { ticket, step: Step::Decided(Box::new(decision)) });
        }
        // Delivered again: it goes all the way, and near_dedup finds the same verdict.
        read.twin_in_flight = true;
        return Ok(Item { ticket, step: Step::Going(read) });
    }
    read.twin_in_flight = twin;
    Ok(Item { ticket, step: Step::Going(read) })
}
