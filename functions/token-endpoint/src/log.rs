//! Fields of a request's log lines that are known only while it is handled.

use shared::domain::client::Client;
use shared::domain::id::ClientId;
use tracing::Span;

/// Records the client that a request claims to come from.
pub(crate) fn record_client_id(client_id: &ClientId) {
    Span::current().record("client_id", client_id.as_str());
}

/// Records an authenticated client and its organization.
pub(crate) fn record_client(client: &Client) {
    record_client_id(&client.client_id);
    Span::current().record("organization", client.organization.as_str());
}
