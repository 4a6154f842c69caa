//! Authentication by client secret: `client_secret_basic` and `client_secret_post`.

use jiff::Timestamp;
use shared::domain::client::{Client, ClientStatus};
use shared::domain::id::ClientId;
use shared::domain::secret::{LastUsed, Secret, SecretPlaintext, SecretStatus};
use shared::domain::time::{plus_seconds, whole_seconds};
use shared::http::Source;
use shared::keys::hashing::Verification;
use shared::store::attempts::{AttemptLimit, Limited};
use shared::telemetry::metrics::{self, Metric};

use super::credentials::PresentedSecret;
use crate::endpoint::TokenEndpoint;
use crate::error::{ClientFailure, TokenError};
use crate::log::{record_client, record_client_id};

/// Failures that one client may have from one source; other clients and sources are unaffected.
const FAILURES: AttemptLimit = AttemptLimit { failures: 20, window_seconds: 300 };

/// The shortest time between two writes of a secret's `last_used`, in seconds.
const LAST_USED_SECONDS: i64 = 3_600;

const FAILED: TokenError = TokenError::InvalidClient(ClientFailure::Failed);

impl TokenEndpoint {
    /// Authenticates a client by its secret, against the stored client as it is now (strongly consistent).
    ///
    /// A malformed secret costs no read. An unknown client or secret id costs one read and no Argon2 run, a secret that
    /// this process has verified before an HMAC.
    pub(super) async fn authenticate_secret(
        &self,
        presented: PresentedSecret,
        source: Option<Source>,
        now: Timestamp,
    ) -> Result<Client, TokenError> {
        let client_id = ClientId::parse(presented.client_id).map_err(|_| FAILED)?;
        let authenticated = self.check_secret(&client_id, &presented.secret, source, now).await;
        authenticated.inspect_err(|_| record_client_id(&client_id))
    }

    async fn check_secret(
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
            return Err(self.count_failure(client_id, source, now).await);
        };
        if self.verified.matches(&presented, &secret.verifier) {
            metrics::count(Metric::VerificationCacheHits, 1);
        } else {
            self.verify(client_id, &presented, &secret, source, now).await?;
        }
        check_standing(&client, &secret, now).inspect_err(|_| record_client(&client))?;
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
        match self.hasher.verify(presented.expose(), &secret.verifier, self.hash_parameters).await? {
            Verification::Mismatch => return Err(self.count_failure(client_id, source, now).await),
            Verification::Match { outdated: false } => self.verified.remember(presented, &secret.verifier),
            Verification::Match { outdated: true } => self.rehash(client_id, presented, secret).await,
        }
        Ok(())
    }

    /// Hashes a secret again with the present parameters. A failure is logged, and the old hash stays in use.
    async fn rehash(&self, client_id: &ClientId, presented: &SecretPlaintext, secret: &Secret) {
        match self.hasher.hash(presented.expose(), self.hash_parameters).await {
            Ok(verifier) => match self.clients.rehash(client_id, &secret.id, &secret.verifier, &verifier).await {
                Ok(()) => self.verified.remember(presented, &verifier),
                Err(error) => tracing::warn!(%client_id, %error, "a secret could not be hashed again"),
            },
            Err(error) => tracing::warn!(%client_id, %error, "a secret could not be hashed again"),
        }
    }

    /// Counts a failed authentication; returns its error.
    async fn count_failure(&self, client_id: &ClientId, source: Option<Source>, now: Timestamp) -> TokenError {
        match self.attempts.record(&attempt_subject(client_id, source), FAILURES, now).await {
            Ok(counted) => counted.err().map_or(FAILED, too_many),
            Err(error) => error.into(),
        }
    }

    /// Records the last use of a secret. A failure is logged: the token matters more.
    async fn record_use(&self, client_id: &ClientId, secret: &Secret, source: Option<Source>, now: Timestamp) {
        if secret.last_used.as_ref().is_some_and(|used| now < plus_seconds(used.at, LAST_USED_SECONDS)) {
            return;
        }
        let network = source.map_or_else(|| "unknown".to_owned(), Source::network);
        let used = LastUsed { at: whole_seconds(now), network };
        if let Err(error) = self.clients.record_use(client_id, &secret.id, &used).await {
            tracing::warn!(%client_id, %error, "the last use of a secret could not be written");
        }
    }
}

/// Checks that client and secret are active, after the secret matched. Only expiry has an error of its own.
fn check_standing(client: &Client, secret: &Secret, now: Timestamp) -> Result<(), TokenError> {
    match (client.status(now), secret.status(now)) {
        (ClientStatus::Active, SecretStatus::Usable) => Ok(()),
        (ClientStatus::Deleted | ClientStatus::Disabled | ClientStatus::Suspended, _)
        | (_, SecretStatus::Deleted | SecretStatus::Deactivated | SecretStatus::NotYetValid) => Err(FAILED),
        (ClientStatus::Expired, _) => Err(TokenError::InvalidClient(ClientFailure::ClientExpired)),
        (ClientStatus::Active, SecretStatus::Expired) => Err(TokenError::InvalidClient(ClientFailure::SecretExpired)),
    }
}

fn attempt_subject(client_id: &ClientId, source: Option<Source>) -> String {
    let source = source.map_or_else(|| "unknown".to_owned(), Source::limited_by);
    format!("client#{client_id}#{source}")
}

fn too_many(limited: Limited) -> TokenError {
    TokenError::TooManyFailures { retry_after_seconds: limited.retry_after_seconds }
}
