//! `GET /v1/change-requests`: the change requests of an organization, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use schemars::JsonSchema;
use shared::domain::change_request::{ChangeRequest, ChangeRequestStatus, Party};
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::time::plus_seconds;
use shared::store::Cursor;
use shared::store::change_requests::ChangeRequestStore;

use super::ChangeRequestJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::is_visible;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::query::{PageJson, Parameters, Query, ReadQuery};

/// Number of requests read from storage at once.
const CHUNK: i32 = 100;
/// Maximum number of change requests that one request reads, so that a filter with few matches also responds in time.
const READS: usize = 1_000;
const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 100;

/// A filter for change requests; all given conditions must match.
#[derive(Debug, JsonSchema)]
pub(crate) struct ChangeRequestsQuery {
    /// The current status.
    #[schemars(with = "Option<String>", extend("enum" = ChangeRequestStatus::ALL.map(ChangeRequestStatus::as_str)))]
    status: Option<ChangeRequestStatus>,
    /// The client of the change.
    client_id: Option<ClientId>,
    /// Only those that the caller can decide on, or whose secret the caller can collect.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    waiting_for_me: bool,
    /// The organization. Operators must set it; for others it is their own.
    organization: Option<OrganizationKey>,
    /// The maximum number of entries.
    #[schemars(with = "Option<i32>", range(min = 1, max = MAX_LIMIT), extend("default" = DEFAULT_LIMIT))]
    limit: usize,
    /// The `next_cursor` of the previous page.
    #[schemars(with = "Option<String>")]
    cursor: Option<Cursor>,
}

impl ReadQuery for ChangeRequestsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let status = parameters
            .parsed("status", |text| ChangeRequestStatus::from_word(text).ok_or("is not a status of a change request"));
        let client_id = parameters.parsed("client_id", str::parse);
        let waiting_for_me = parameters.flag("waiting_for_me");
        let organization = parameters.parsed("organization", str::parse);
        let limit = parameters.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let limit = usize::try_from(limit).unwrap_or_default();
        let cursor = parameters.parsed("cursor", ChangeRequestStore::cursor);
        Self { status, client_id, waiting_for_me, organization, limit, cursor }
    }
}

impl ChangeRequestsQuery {
    /// Returns the creation time of the oldest possible match: pending requests expire.
    fn since(&self, now: Timestamp) -> Timestamp {
        let undecided = ChangeRequestStore::undecided_since(now);
        match self.status {
            Some(ChangeRequestStatus::Pending) => undecided,
            Some(ChangeRequestStatus::Collectable) => plus_seconds(undecided, -ChangeRequest::COLLECTED_WITHIN_SECONDS),
            _ if self.waiting_for_me => plus_seconds(undecided, -ChangeRequest::COLLECTED_WITHIN_SECONDS),
            _ => Timestamp::UNIX_EPOCH,
        }
    }

    fn takes(&self, request: &ChangeRequest, party: &Party, now: Timestamp) -> bool {
        is_visible(request, party)
            && self.status.is_none_or(|status| request.status(now) == status)
            && self.client_id.as_ref().is_none_or(|client_id| request.command.client_id() == Some(client_id))
            && (!self.waiting_for_me || request.waits_for(party, now))
    }
}

/// Lists a page of change requests. With a filter that matches few, a page can be short or empty and still have a next
/// one.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<ChangeRequestsQuery>,
) -> Result<Json<PageJson<ChangeRequestJson>>, ApiError> {
    let organization = organizations::named_or_own(&app, &caller, query.organization.clone()).await?.key;
    let (party, now) = (caller.party(), caller.context.at);
    let (mut items, mut reads, mut from) = (Vec::new(), 0_usize, query.cursor.clone());
    loop {
        let page = app.change_requests.page(&organization, query.since(now), from.as_ref(), CHUNK).await?;
        let mut unread = page.items.len();
        for request in page.items {
            unread = unread.saturating_sub(1);
            reads = reads.saturating_add(1);
            if query.takes(&request, &party, now) {
                items.push(ChangeRequestJson::of(&request, &party, now));
            }
            if items.len() >= query.limit || reads >= READS {
                let more = unread > 0 || page.next.is_some();
                let next_cursor = more.then(|| ChangeRequestStore::cursor_at(&request.id).encode());
                return Ok(Json(PageJson { items, next_cursor }));
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(Json(PageJson { items, next_cursor: None })),
        }
    }
}
