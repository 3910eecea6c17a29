//! What the ordered stages share: a batch judged in one go off the async threads, and sent on in its order.

use std::sync::Arc;
use std::time::Instant;

use async_channel::Sender;

use crate::context::Context;
use crate::flow::Item;
use crate::stages::GivenUp;
use crate::status::Station;

/// Judges each item of a batch in turn, where blocking is allowed, and sends them on.
pub async fn judge<A: Send + 'static, B: Send + 'static>(
    context: &Context,
    station: &Arc<Station>,
    batch: Vec<Item<A>>,
    outbox: &Sender<Item<B>>,
    mut one: impl FnMut(&Context, Item<A>) -> Result<Item<B>, GivenUp> + Send + 'static,
) -> Result<(), GivenUp> {
    let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
    let started = Instant::now();
    let job = context.clone();
    let judged = tokio::task::spawn_blocking(move || {
        batch.into_iter().map(|item| one(&job, item)).collect::<Result<Vec<_>, _>>()
    });
    let judged = judged.await.map_err(|_| GivenUp)??;
    station.worked(started.elapsed(), count);
    for item in judged {
        if !station.send(outbox, item).await {
            return Err(GivenUp);
        }
    }
    Ok(())
}
