//! The limits on guessing: per account and source, per source, and per account of whoever is signed in.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::domain::administrator::Email;
use shared::http::Source;
use shared::store::attempts::{AttemptLimit, Limited};

use crate::Management;
use crate::arrival::Arrival;
use crate::caller::Person;
use crate::error::ApiError;

const PER_ACCOUNT_AND_SOURCE: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 15 * 60 };
const PER_SOURCE: AttemptLimit = AttemptLimit { failures: 100, window_seconds: 15 * 60 };
const PER_STEP_UP: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 15 * 60 };

/// One sign-in or step-up, counted as failed until it is forgiven: so that many at once are no more guesses than many
/// in a row.
pub(crate) struct CountedAttempt {
    subjects: Vec<(String, AttemptLimit)>,
}

impl CountedAttempt {
    /// Counts a sign-in, whether there is such an account or not, and refuses it where it is one too many.
    pub(crate) async fn to_sign_in(app: &Management, email: &Email, arrival: &Arrival) -> Result<Self, ApiError> {
        Self::begin(app, subjects(email, arrival).into(), arrival).await
    }

    /// Counts a step-up, which is one more guess at the same one-time password. From wherever a stolen session is
    /// used, its guesses count together.
    pub(crate) async fn to_step_up(app: &Management, caller: &Person) -> Result<Self, ApiError> {
        let Person { administrator, arrival, .. } = caller;
        let mut subjects = Vec::from(subjects(&administrator.email, arrival));
        subjects.push((format!("step-up#{}", administrator.id), PER_STEP_UP));
        Self::begin(app, subjects, arrival).await
    }

    async fn begin(
        app: &Management,
        subjects: Vec<(String, AttemptLimit)>,
        arrival: &Arrival,
    ) -> Result<Self, ApiError> {
        for (subject, limit) in &subjects {
            if let Err(Limited { retry_after_seconds }) = app.attempts.record(subject, *limit, arrival.at).await? {
                return Err(ApiError::TooManyAttempts { retry_after_seconds });
            }
        }
        Ok(Self { subjects })
    }

    /// Takes the count back: the attempt succeeded.
    pub(crate) async fn forgive(self, app: &Management, arrival: &Arrival) -> Result<(), ApiError> {
        for (subject, limit) in &self.subjects {
            app.attempts.forgive(subject, *limit, arrival.at).await?;
        }
        Ok(())
    }
}

fn subjects(email: &Email, arrival: &Arrival) -> [(String, AttemptLimit); 2] {
    // what came without a source is one source, never none
    let source = arrival.source.map_or_else(|| "unknown".to_owned(), Source::limited_by);
    // a digest, since the addresses that are tried are people's
    let account = URL_SAFE_NO_PAD.encode(digest(&SHA256, email.as_str().as_bytes()));
    [(format!("sign-in#{source}"), PER_SOURCE), (format!("sign-in#{source}#{account}"), PER_ACCOUNT_AND_SOURCE)]
}
