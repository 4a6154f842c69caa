//! Change requests as items of the table `change-requests`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{actor_email, actor_text, read_actor};
use super::{Corrupt, Item, Reader, Writer};
use crate::domain::change_request::{ChangeRequest, Comment, Decision, State};
use crate::domain::event::Actor;
use crate::domain::id::{ChangeRequestId, OrganizationKey, Version};
use crate::domain::text::CommentText;
use crate::store::schema::{CHANGE_REQUESTS, ID, LISTED_IN};

/// The optimistic version.
pub const VERSION: &str = "version";
const COMMAND: &str = "command";
const DIFF: &str = "diff";
const BASE_VERSION: &str = "base_version";
const REQUESTED_BY: &str = "requested_by";
const REQUESTED_BY_EMAIL: &str = "requested_by_email";
const REQUESTED_AT: &str = "requested_at";
const BY_OPERATOR: &str = "by_operator";
const FIRST_APPROVED_BY: &str = "first_approved_by";
const FIRST_APPROVED_BY_EMAIL: &str = "first_approved_by_email";
const FIRST_APPROVED_AT: &str = "first_approved_at";
const STATE: &str = "state";
const DECIDED_BY: &str = "decided_by";
const DECIDED_BY_EMAIL: &str = "decided_by_email";
const DECIDED_AT: &str = "decided_at";
const COLLECTED_AT: &str = "collected_at";
const COMMENTS: &str = "comments";

const PENDING: &str = "pending";
const APPROVED: &str = "approved";
const COLLECTABLE: &str = "collectable";
const COLLECTED: &str = "collected";
const REJECTED: &str = "rejected";
const WITHDRAWN: &str = "withdrawn";

/// A comment as it stands in the text of all.
#[derive(Serialize, Deserialize)]
struct StoredComment {
    by: String,
    email: Option<String>,
    at: Timestamp,
    text: CommentText,
}

/// The key of a request.
#[must_use]
pub fn key(id: &ChangeRequestId) -> Item {
    Writer::default().text(ID, id.as_str()).finish()
}

/// Writes a request. What it asks for, its diff and its comments are one JSON text each.
#[must_use]
pub fn write(request: &ChangeRequest) -> Item {
    let comments: Vec<StoredComment> = request.comments.iter().map(StoredComment::of).collect();
    let (decision, first) = (request.decision(), request.first_approval.as_ref());
    Writer::default()
        .text(ID, request.id.as_str())
        .text(LISTED_IN, request.organization.as_str())
        .text(COMMAND, serde_json::json!(request.command).to_string())
        .text(DIFF, serde_json::json!(request.diff).to_string())
        .optional_number(BASE_VERSION, request.base_version)
        .text(REQUESTED_BY, actor_text(&request.requested_by))
        .optional_text(REQUESTED_BY_EMAIL, actor_email(&request.requested_by))
        .flag_if(BY_OPERATOR, request.by_operator)
        .time(REQUESTED_AT, request.requested_at)
        .optional_text(FIRST_APPROVED_BY, first.map(|first| actor_text(&first.by)))
        .optional_text(FIRST_APPROVED_BY_EMAIL, first.and_then(|first| actor_email(&first.by)))
        .optional_time(FIRST_APPROVED_AT, first.map(|first| first.at))
        .text(STATE, state_word(&request.state))
        .optional_text(DECIDED_BY, decision.map(|decision| actor_text(&decision.by)))
        .optional_text(DECIDED_BY_EMAIL, decision.and_then(|decision| actor_email(&decision.by)))
        .optional_time(DECIDED_AT, decision.map(|decision| decision.at))
        .optional_time(COLLECTED_AT, request.collected_at())
        .text(COMMENTS, serde_json::json!(comments).to_string())
        .number(VERSION, request.version)
        .finish()
}

/// Reads a request.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<ChangeRequest, Corrupt> {
    let unnamed = Reader::new(CHANGE_REQUESTS.name, "?", item);
    let r = Reader::new(CHANGE_REQUESTS.name, unnamed.text(ID)?, item);
    let comments: Vec<StoredComment> = r.parsed(COMMENTS, serde_json::from_str)?;
    let comments = comments.into_iter().map(StoredComment::read).collect::<Option<_>>();
    let first_approval = match r.optional_time(FIRST_APPROVED_AT)? {
        Some(at) => Some(Decision { by: actor(r, FIRST_APPROVED_BY, FIRST_APPROVED_BY_EMAIL)?, at }),
        None => None,
    };
    Ok(ChangeRequest {
        id: r.parsed(ID, ChangeRequestId::parse)?,
        organization: r.parsed(LISTED_IN, OrganizationKey::parse)?,
        command: r.parsed(COMMAND, serde_json::from_str)?,
        diff: r.parsed(DIFF, serde_json::from_str)?,
        base_version: r.optional_number(BASE_VERSION)?.map(Version),
        requested_by: actor(r, REQUESTED_BY, REQUESTED_BY_EMAIL)?,
        by_operator: r.optional_flag(BY_OPERATOR)?,
        first_approval,
        requested_at: r.time(REQUESTED_AT)?,
        state: read_state(r)?,
        comments: comments.ok_or_else(|| r.corrupt(COMMENTS))?,
        version: Version(r.number(VERSION)?),
    })
}

fn state_word(state: &State) -> &'static str {
    match state {
        State::Pending => PENDING,
        State::Approved(_) => APPROVED,
        State::Collectable(_) => COLLECTABLE,
        State::Collected { .. } => COLLECTED,
        State::Rejected(_) => REJECTED,
        State::Withdrawn(_) => WITHDRAWN,
    }
}

fn read_state(r: Reader<'_>) -> Result<State, Corrupt> {
    let decision = || Ok(Decision { by: actor(r, DECIDED_BY, DECIDED_BY_EMAIL)?, at: r.time(DECIDED_AT)? });
    match r.text(STATE)? {
        PENDING => Ok(State::Pending),
        APPROVED => Ok(State::Approved(decision()?)),
        COLLECTABLE => Ok(State::Collectable(decision()?)),
        COLLECTED => Ok(State::Collected { approved: decision()?, at: r.time(COLLECTED_AT)? }),
        REJECTED => Ok(State::Rejected(decision()?)),
        WITHDRAWN => Ok(State::Withdrawn(decision()?)),
        _ => Err(r.corrupt(STATE)),
    }
}

fn actor(r: Reader<'_>, name: &str, email: &str) -> Result<Actor, Corrupt> {
    let email = r.optional_text(email)?;
    r.named(name, |text| read_actor(text, email))
}

impl StoredComment {
    fn of(comment: &Comment) -> Self {
        let Comment { by, at, text } = comment;
        let email = actor_email(by).map(str::to_owned);
        Self { by: actor_text(by), email, at: *at, text: text.clone() }
    }

    fn read(self) -> Option<Comment> {
        Some(Comment { by: read_actor(&self.by, self.email.as_deref())?, at: self.at, text: self.text })
    }
}
