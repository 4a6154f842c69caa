//! The circumstances of a request.

use std::sync::Arc;

use jiff::Timestamp;
use shared::domain::id::RequestId;
use shared::domain::session::UserAgent;
use shared::http::Source;

/// When, from where and as what a request arrived: one instant counts for the whole of it.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// When.
    pub(crate) at: Timestamp,
    /// From where, as the platform saw it.
    pub(crate) source: Option<Source>,
    /// Which program sent it, as it says itself.
    pub(crate) user_agent: Option<UserAgent>,
    /// Its name in the log and in events.
    pub(crate) request_id: RequestId,
    /// Its route, as `METHOD /path` with parameters in braces.
    pub(crate) route: Arc<str>,
}
