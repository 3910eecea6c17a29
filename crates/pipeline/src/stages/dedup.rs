//! `dedup`: the same bytes from the same source again. Ordered, one task.

use copydesk_article::{Content, Measure, Verdict};
use copydesk_dedup::{Window, address_key};
use copydesk_ledger::ArticleRow;

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
    let mut window = context.ledger.call_async(|ledger| ledger.newest_window()).await?;
    loop {
        station.waits();
        let Ok(first) = inbox.recv().await else { break };
        let mut batch = vec![first];
        batch.extend(std::iter::from_fn(|| inbox.try_recv().ok()).take(BATCH - 1));
        station.works(batch.len() as u64);
        let mut at = window;
        window = batch.iter().filter_map(|item| window_of(&context, item)).fold(window, Window::max);
        judge(&context, &station, batch, &outbox, move |context, item| look_up(context, &mut at, item)).await?;
    }
    station.ends();
    Ok(())
}

fn window_of(context: &Context, item: &Item<Read>) -> Option<Window> {
    match &item.step {
        Step::Going(read) => Some(context.dedup.window(read.file.seen_at)),
        Step::Decided(_) => None,
    }
}

/// `window` is the newest so far: what counts here counts in `near_dedup` too, whose own is the same or older.
fn look_up(context: &Context, window: &mut Window, item: Item<Read>) -> Result<Item<Read>, GivenUp> {
    *window = window_of(context, &item).map_or(*window, |of| of.max(*window));
    let horizon = context.dedup.horizon(*window);
    let Item { ticket, step } = item;
    let Step::Going(mut read) = step else { return Ok(Item { ticket, step }) };
    let id = read.id;
    let address = address(context, &read);
    // Entered before anything is looked up: a twin that has left by now is durable, so the look-up finds it.
    let twin = context.in_flight.enter(id, ticket.sequence);
    let neighbour = address.is_some_and(|address| context.in_flight.enter_address(address, ticket.sequence));
    let stored = context.ledger.call(|ledger| ledger.article(id, horizon))?;
    let verdict = Verdict::Duplicate { of: id, measure: Measure::Id };
    if let Some(row) = &stored
        && context.policies.of(&verdict) == Policy::Withhold
        && stands_alone(&read, row, address.is_some(), neighbour)
    {
        let decision = Decision::only(Some(id), verdict);
        return Ok(Item { ticket, step: Step::Decided(Box::new(decision)) });
    }
    // It goes all the way, and near_dedup decides: a twin may not stand after all, or the document has another
    // version since and returns to this one.
    read.seen_before = twin || stored.is_some();
    Ok(Item { ticket, step: Step::Going(read) })
}

fn address(context: &Context, read: &Read) -> Option<u128> {
    let url = read.supplied.url.as_deref()?;
    context.url_rules.normalise(url).map(|address| address_key(&address))
}

/// Whether an article whose id is known can only be a duplicate: no other version can have come to its address since,
/// neither committed nor in flight.
fn stands_alone(read: &Read, row: &ArticleRow, has_address: bool, neighbour: bool) -> bool {
    // What a page calls its own address is known after cleaning only.
    let may_have_address =
        read.supplied.canonical_url.is_some() || matches!(read.content, Content::Html(_) | Content::Markup(_));
    if has_address { row.is_current && !neighbour } else { !may_have_address }
}
