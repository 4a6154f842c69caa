//! The circumstances of a request.

use std::sync::Arc;

use jiff::Timestamp;
use shared::domain::id::RequestId;
use shared::domain::session::UserAgent;
use shared::http::Source;

/// Time, source and identity of a request: one instant counts for the whole request.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// Time of arrival.
    pub(crate) at: Timestamp,
    /// Source address, as reported by the platform.
    pub(crate) source: Option<Source>,
    /// `User-Agent` that the request claims.
    pub(crate) user_agent: Option<UserAgent>,
    /// Request id in the log and in events.
    pub(crate) request_id: RequestId,
    /// Its route, as `METHOD /path` with parameters in braces.
    pub(crate) route: Arc<str>,
}
