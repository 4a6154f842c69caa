//! `GET /v1/audit`: a trail, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use shared::store::Cursor;
use shared::store::audit::AuditTrail;

use super::filter::EventFilter;
use super::representation::EventJson;
use super::scan::{Budget, Enough, scan};
use super::trail::AskedTrail;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::http::query::{PageJson, Parameters, Query, ReadQuery};

/// Maximum number of events that one request reads, so that a filter with few matches also responds in time.
const READS: usize = 1_000;
const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 200;

/// The requested events.
#[derive(Debug, JsonSchema)]
pub(crate) struct EventsQuery {
    #[schemars(flatten)]
    trail: AskedTrail,
    #[schemars(flatten)]
    filter: EventFilter,
    /// The maximum number of events.
    #[schemars(with = "Option<i32>", range(min = 1, max = MAX_LIMIT), extend("default" = DEFAULT_LIMIT))]
    limit: usize,
    /// The `next_cursor` of the previous page.
    #[schemars(with = "Option<String>")]
    cursor: Option<Cursor>,
}

impl ReadQuery for EventsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let trail = AskedTrail::read(parameters);
        let filter = EventFilter::read(parameters);
        let limit = parameters.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let cursor = parameters.parsed("cursor", AuditTrail::cursor);
        Self { trail, filter, limit: usize::try_from(limit).unwrap_or_default(), cursor }
    }
}

/// Lists a page of events. With a filter that matches few, a page can be short or empty and still have a next one.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<EventsQuery>,
) -> Result<Json<PageJson<EventJson>>, ApiError> {
    let trail = query.trail.open(&app, &caller).await?;
    let budget = Budget { reads: READS, finds: query.limit };
    let mut items = Vec::new();
    let next = scan(&app.trail, &trail, &query.filter, query.cursor, budget, |event| {
        items.push(EventJson::from(event));
        Enough::No
    })
    .await?;
    Ok(Json(PageJson { items, next_cursor: next.as_ref().map(Cursor::encode) }))
}
