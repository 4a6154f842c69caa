//! Why a change request stays as it is, as the caller is told.

use shared::domain::change_request::{ChangeRequest, RequestError};
use shared::http::Problem;

use crate::error::{missing, of};
use crate::kind::Kind;

/// Why a change request stays as it is.
pub(crate) fn problem(error: RequestError) -> Problem {
    match error {
        RequestError::NotPending(standing) => {
            of(Kind::NotPending, format!("The request is {}: nobody can decide on it any more.", standing.as_str()))
        }
        RequestError::OperatorsRequest => of(
            Kind::OwnRequest,
            "An operator asked for this change. Whether it is made, people of the organization decide.",
        ),
        RequestError::SecondApproval => of(
            Kind::OwnRequest,
            "You have approved this change. A machine asked for it, so that a second person has to approve it as well.",
        ),
        RequestError::OwnRequest => of(
            Kind::OwnRequest,
            "You asked for this change yourself. Another administrator has to decide on it; you may withdraw it.",
        ),
        RequestError::NotRequester => {
            of(Kind::NotRequester, "Only the account that asked for the change may withdraw it or collect its secret.")
        }
        RequestError::Missing(privilege) => missing(privilege),
        RequestError::RequesterLacks => of(
            Kind::RequesterLacksPrivilege,
            "Whoever asked for this change has lost the privilege for it, or has gone. It can be rejected.",
        ),
        RequestError::NotCollectable(standing) => {
            of(Kind::NotCollectable, format!("The request is {}: it has no secret to collect.", standing.as_str()))
        }
        RequestError::TooManyComments => of(
            Kind::TooManyComments,
            format!("A request keeps {} comments. Decide on it, or talk elsewhere.", ChangeRequest::COMMENTS_MAX),
        ),
    }
}
