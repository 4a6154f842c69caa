//! Limits on guessing: per account and source, per source, and per account of a signed-in person. Also limits mail to
//! people who did not ask for it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use shared::domain::administrator::Administrator;
use shared::domain::change_request::ChangeRequest;
use shared::domain::email::Email;
use shared::domain::id::{InvitationId, OrganizationKey};
use shared::http::Source;
use shared::store::attempts::{AttemptLimit, Limited};

use crate::app::Management;
use crate::app::caller::Person;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::PeopleError;

const PER_ACCOUNT_AND_SOURCE: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 15 * 60 };
const PER_SOURCE: AttemptLimit = AttemptLimit { failures: 100, window_seconds: 15 * 60 };
const PER_STEP_UP: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 15 * 60 };
const PER_SECOND_FACTOR: AttemptLimit = AttemptLimit { failures: 20, window_seconds: 15 * 60 };
const PER_INVITATION: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 15 * 60 };
const MAILS_TO_ONE: AttemptLimit = AttemptLimit { failures: 10, window_seconds: 3_600 };
const REQUESTS_TOLD: AttemptLimit = AttemptLimit { failures: 30, window_seconds: 3_600 };
const MAILS_OF_AN_ORGANIZATION: AttemptLimit = AttemptLimit { failures: 200, window_seconds: 3_600 };

/// One sign-in or step-up, counted as failed until it is forgiven, so that parallel attempts allow no more guesses than
/// sequential ones.
pub(crate) struct CountedAttempt {
    subjects: Vec<(String, AttemptLimit)>,
}

impl CountedAttempt {
    /// Counts a sign-in, whether the account exists or not, and refuses it above the limit.
    pub(crate) async fn to_sign_in(
        app: &Management,
        email: &Email,
        context: &RequestContext,
    ) -> Result<Self, ApiError> {
        Self::begin(app, subjects(email, context).into(), context).await
    }

    /// Counts a step-up. All guesses with a stolen session count together, wherever they come from; requests that are
    /// not signed in, such as sign-ins from the same address, do not count.
    pub(crate) async fn to_step_up(app: &Management, caller: &Person) -> Result<Self, ApiError> {
        let subject = format!("step-up#{}", caller.administrator.id);
        Self::begin(app, vec![(subject, PER_STEP_UP)], &caller.context).await
    }

    /// Counts a second factor with a correct password, regardless of its source: many addresses allow no more guesses
    /// than one.
    pub(crate) async fn to_second_factor(
        app: &Management,
        administrator: &Administrator,
        context: &RequestContext,
    ) -> Result<Self, ApiError> {
        let subject = format!("second-factor#{}", administrator.id);
        Self::begin(app, vec![(subject, PER_SECOND_FACTOR)], context).await
    }

    /// Counts a presented invitation token, whether the invitation exists or not.
    pub(crate) async fn to_open_invitation(app: &Management, context: &RequestContext) -> Result<Self, ApiError> {
        Self::begin(app, vec![(format!("invitation#{}", source_of(context)), PER_SOURCE)], context).await
    }

    /// Counts a one-time password for an invitation whose token is right.
    pub(crate) async fn to_accept(
        app: &Management,
        id: &InvitationId,
        context: &RequestContext,
    ) -> Result<Self, ApiError> {
        Self::begin(app, vec![(format!("accept#{id}"), PER_INVITATION)], context).await
    }

    async fn begin(
        app: &Management,
        subjects: Vec<(String, AttemptLimit)>,
        context: &RequestContext,
    ) -> Result<Self, ApiError> {
        for (subject, limit) in &subjects {
            if let Err(Limited { retry_after_seconds }) = app.attempts.record(subject, *limit, context.at).await? {
                return Err(ApiError::TooManyAttempts { retry_after_seconds });
            }
        }
        Ok(Self { subjects })
    }

    /// Removes the count after a successful attempt. If that fails, the attempt still succeeds, and the count expires
    /// with its window.
    pub(crate) async fn forgive(&self, app: &Management, context: &RequestContext) {
        for (subject, limit) in &self.subjects {
            if let Err(error) = app.attempts.forgive(subject, *limit, context.at).await {
                tracing::warn!(%error, "a success still counts as a failed attempt");
            }
        }
    }
}

/// Counts a mail to a person invited by an organization, or by the operators, and refuses it above the limit, so that
/// nobody's mailbox is flooded.
pub(crate) async fn count_mail(
    app: &Management,
    organization: Option<&OrganizationKey>,
    to: &Email,
    now: Timestamp,
) -> Result<(), ApiError> {
    let organization = organization.map_or("@platform", OrganizationKey::as_str);
    let one = format!("mail#{organization}#{}", digested(to));
    for (subject, limit) in [(one, MAILS_TO_ONE), (format!("mail#{organization}"), MAILS_OF_AN_ORGANIZATION)] {
        if let Err(Limited { retry_after_seconds }) = app.attempts.record(&subject, limit, now).await? {
            return Err(ApiError::People(PeopleError::TooManyMails { retry_after_seconds }));
        }
    }
    Ok(())
}

/// Counts a change request that its approvers are notified of. Above the limit they are not notified and find it in the
/// list: frequent requests neither flood a mailbox nor hide another request in it.
pub(crate) async fn may_tell(app: &Management, request: &ChangeRequest, now: Timestamp) -> Result<bool, ApiError> {
    let subject = format!("told#{}#{}", request.organization, request.requested_by.id());
    Ok(app.attempts.record(&subject, REQUESTS_TOLD, now).await?.is_ok())
}

fn subjects(email: &Email, context: &RequestContext) -> [(String, AttemptLimit); 2] {
    let (source, account) = (source_of(context), digested(email));
    [(format!("sign-in#{source}"), PER_SOURCE), (format!("sign-in#{source}#{account}"), PER_ACCOUNT_AND_SOURCE)]
}

/// Returns the source of a request; requests without a source share one.
fn source_of(context: &RequestContext) -> String {
    context.source.map_or_else(|| "unknown".to_owned(), Source::limited_by)
}

/// Returns a digest, because attempted addresses are personal data.
fn digested(email: &Email) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, email.as_str().as_bytes()))
}
