//! Who calls: the presented credentials against the stored client, strongly consistent.

use jiff::Timestamp;
use shared::domain::client::{Client, ClientStanding};
use shared::domain::id::ClientId;
use shared::domain::secret::{LastUsed, Secret, SecretPlaintext, SecretStanding};
use shared::domain::time::{plus_seconds, whole_seconds};
use shared::http::Source;
use shared::keys::hashing::{HashError, Verification};
use shared::store::attempts::{AttemptLimit, Limited};
use shared::telemetry::metrics::{self, Metric};
use tracing::Span;

use crate::TokenEndpoint;
use crate::credentials::PresentedCredentials;
use crate::error::{ClientFailure, TokenError};
use crate::form::Form;
use crate::request::FormRequest;

/// How often one client may fail from one source. Nobody else is touched by it.
const FAILURES: AttemptLimit = AttemptLimit { failures: 20, window_seconds: 300 };

/// `last_used` is written at most this often a secret, in seconds.
const LAST_USED_SECONDS: i64 = 3_600;

const FAILED: TokenError = TokenError::InvalidClient(ClientFailure::Failed);

impl TokenEndpoint {
    /// Authenticates the client of a request (RFC 6749 section 2.3).
    ///
    /// A malformed secret costs no read. An unknown client or secret id costs one read and no Argon2 run, a secret that
    /// this process has verified before an HMAC.
    pub(crate) async fn authenticate(
        &self,
        request: &FormRequest,
        form: &Form<'_>,
        now: Timestamp,
    ) -> Result<Client, TokenError> {
        let credentials = PresentedCredentials::find(&request.headers, form, self.tolerate_duplicate_credentials)?;
        let client_id = ClientId::parse(credentials.client_id).map_err(|_| FAILED)?;
        let authenticated = self.authenticate_as(&client_id, &credentials.secret, request.source, now).await;
        authenticated.inspect_err(|_| {
            Span::current().record("client_id", client_id.as_str());
        })
    }

    async fn authenticate_as(
        &self,
        client_id: &ClientId,
        secret: &str,
        source: Option<Source>,
        now: Timestamp,
    ) -> Result<Client, TokenError> {
        let presented = SecretPlaintext::parse(secret).map_err(|_| FAILED)?;
        let stored = self.clients.with_secret(client_id, presented.id()).await?;
        let found = stored.and_then(|mut stored| stored.secrets.pop().map(|secret| (stored.client, secret)));
        let Some((client, secret)) = found else {
            return Err(self.count_failure(client_id, source, now).await?);
        };
        if self.verified.matches(&presented, &secret.verifier) {
            metrics::count(Metric::VerificationCacheHits, 1);
        } else {
            self.verify(client_id, &presented, &secret, source, now).await?;
        }
        check_standing(&client, &secret, now).inspect_err(|_| note_client(&client))?;
        self.record_use(client_id, &secret, source, now).await;
        Ok(client)
    }

    async fn verify(
        &self,
        client_id: &ClientId,
        presented: &SecretPlaintext,
        secret: &Secret,
        source: Option<Source>,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        let subject = attempt_subject(client_id, source);
        self.attempts.check(&subject, FAILURES, now).await?.map_err(too_many)?;
        let verification = self.hasher.verify(presented.expose(), &secret.verifier, self.hash_parameters).await;
        let verification = verification.map_err(|error| hash_failed(client_id, error))?;
        match verification {
            Verification::Mismatch => return Err(self.count_failure(client_id, source, now).await?),
            Verification::Match { outdated: false } => self.verified.remember(presented, &secret.verifier),
            Verification::Match { outdated: true } => self.rehash(client_id, presented, secret).await,
        }
        Ok(())
    }

    /// Hashes a secret again with the present parameters; where that fails, the old hash goes on serving.
    async fn rehash(&self, client_id: &ClientId, presented: &SecretPlaintext, secret: &Secret) {
        match self.hasher.hash(presented.expose(), self.hash_parameters).await {
            Ok(verifier) => match self.clients.rehash(client_id, &secret.id, &secret.verifier, &verifier).await {
                Ok(()) => self.verified.remember(presented, &verifier),
                Err(error) => tracing::warn!(%client_id, %error, "a secret could not be hashed again"),
            },
            Err(error) => tracing::warn!(%client_id, %error, "a secret could not be hashed again"),
        }
    }

    async fn count_failure(
        &self,
        client_id: &ClientId,
        source: Option<Source>,
        now: Timestamp,
    ) -> Result<TokenError, TokenError> {
        let counted = self.attempts.record(&attempt_subject(client_id, source), FAILURES, now).await?;
        Ok(counted.err().map_or(FAILED, too_many))
    }

    async fn record_use(&self, client_id: &ClientId, secret: &Secret, source: Option<Source>, now: Timestamp) {
        let due = secret.last_used.as_ref().is_none_or(|used| now >= plus_seconds(used.at, LAST_USED_SECONDS));
        if !due {
            return;
        }
        let network = source.map_or_else(|| "unknown".to_owned(), Source::network);
        let used = LastUsed { at: whole_seconds(now), network };
        // the token matters more than the note of it
        if let Err(error) = self.clients.record_use(client_id, &secret.id, &used).await {
            tracing::warn!(%client_id, %error, "the last use of a secret could not be written");
        }
    }
}

/// Puts into the request's log lines whose it is.
pub(crate) fn note_client(client: &Client) {
    let span = Span::current();
    span.record("client_id", client.client_id.as_str()).record("organization", client.organization.as_str());
}

fn hash_failed(client_id: &ClientId, error: HashError) -> TokenError {
    tracing::error!(%client_id, %error, "a secret could not be verified");
    match error {
        HashError::Interrupted => TokenError::Unavailable,
        HashError::CorruptVerifier | HashError::Refused => TokenError::Internal,
    }
}

/// Whether the client may have a token with a secret that matched. Only expiry is told.
fn check_standing(client: &Client, secret: &Secret, now: Timestamp) -> Result<(), TokenError> {
    match (client.standing(now), secret.standing(now)) {
        (ClientStanding::Active, SecretStanding::Usable) => Ok(()),
        (ClientStanding::Deleted | ClientStanding::Disabled | ClientStanding::Suspended, _)
        | (_, SecretStanding::Deleted | SecretStanding::Deactivated | SecretStanding::NotYetValid) => Err(FAILED),
        (ClientStanding::Expired, _) => Err(TokenError::InvalidClient(ClientFailure::ClientExpired)),
        (ClientStanding::Active, SecretStanding::Expired) => {
            Err(TokenError::InvalidClient(ClientFailure::SecretExpired))
        }
    }
}

fn attempt_subject(client_id: &ClientId, source: Option<Source>) -> String {
    let source = source.map_or_else(|| "unknown".to_owned(), Source::limited_by);
    format!("client#{client_id}#{source}")
}

fn too_many(limited: Limited) -> TokenError {
    TokenError::TooManyFailures { retry_after_seconds: limited.retry_after_seconds }
}
