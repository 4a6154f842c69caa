//! `GET /v1/audit`: a trail, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use schemars::JsonSchema;
use shared::store::Cursor;
use shared::store::audit::AuditTrail;

use super::filter::EventFilter;
use super::representation::EventJson;
use super::scan::{Budget, Enough, scan};
use super::trail::AskedTrail;
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::query::{PageJson, Parameters};

/// How many events one request reads at most, so that a filter that fits little is answered in time too.
const READS: usize = 1_000;
const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 200;

/// Which events are asked for.
#[derive(Debug, JsonSchema)]
pub(crate) struct EventsQuery {
    #[schemars(flatten)]
    trail: AskedTrail,
    #[schemars(flatten)]
    filter: EventFilter,
    /// How many events at most.
    #[schemars(with = "Option<i32>", range(min = 1, max = MAX_LIMIT), extend("default" = DEFAULT_LIMIT))]
    limit: usize,
    /// The `next_cursor` of the page before.
    #[schemars(with = "Option<String>")]
    cursor: Option<Cursor>,
}

impl<S: Sync> FromRequestParts<S> for EventsQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut parameters = Parameters::of(parts.uri.query().unwrap_or_default());
        let trail = AskedTrail::read(&mut parameters);
        let filter = EventFilter::read(&mut parameters);
        let limit = parameters.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let cursor = parameters.parsed("cursor", AuditTrail::cursor);
        parameters.finish(Self { trail, filter, limit: usize::try_from(limit).unwrap_or_default(), cursor })
    }
}

/// A page of events. Where a filter fits little it may be short, or empty, and still have a next one.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    query: EventsQuery,
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
