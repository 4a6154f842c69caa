//! The table of routes: method, path, access, handler and description of each.

use shared::domain::privilege::Privilege::{
    AdministratorsManage, AuditRead, ClientsChange, ClientsRead, OrganizationChange, PlatformOperate, SecretsManage,
};

use crate::account::{RenewedJson, SessionsJson};
use crate::administrators::AdministratorJson;
use crate::app::access::Access::{
    Machine as NeedsMachine, Person as NeedsPerson, Privilege as Needs, Public, SignedIn,
};
use crate::audit::{EventJson, VerificationJson};
use crate::change_requests::{ChangeRequestJson, CollectedJson};
use crate::clients::{ClientJson, CreatedJson};
use crate::enrolment::AuthenticatorJson;
use crate::http::kind::Kind::{
    AlreadyExists, InsufficientUserAuthentication, InvalidRequest, LastAdministrator, LastSecret,
    NoPendingAuthenticator, NotCollectable, NotFound, NotPending, NotRegenerable, NotRequester, NotRestorable,
    NotRevealable, OrganizationSuspended, OwnRequest, RequesterLacksPrivilege, SignInFailed, TooFewApprovers,
    TooManyAttempts, TooManyComments, TooManyRequests, TooManySecrets, WrongOneTimePassword, WrongPassword,
};
use crate::http::openapi::ResponseHeader::{ETag, Link, Location, SetCookie};
use crate::http::query::PageJson;
use crate::http::route::{Route, delete, get, patch, post};
use crate::invitations::{InvitationJson, OpenedJson};
use crate::organizations::OrganizationJson;
use crate::reminders::RecipientJson;
use crate::resources::ResourceJson;
use crate::secrets::{AddedJson, RegeneratedJson, RevealedJson, SecretJson, SecretsJson};
use crate::session::{EnrolledJson, SessionJson};
use crate::{
    account, administrators, audit, change_requests, clients, console, documentation, invitations, organizations,
    reminders, resources, secrets, session,
};

const GRANTING: &str = "Setting `grants` also requires `resources:assign`, and for a level on `countersign` every privilege \
                        of that level; setting `serves` requires `platform:operate`.";
const OPENING: &str =
    "For a client that can call the management API, this also requires the privileges of that client.";
const DECIDING: &str = "This also requires every privilege that the change itself requires.";

/// All routes: the router and the OpenAPI document are built from this table.
#[must_use]
pub fn routes() -> Vec<Route> {
    [
        of_pages(),
        of_sessions(),
        of_accounts(),
        of_administrators(),
        of_organizations(),
        of_clients(),
        of_secrets(),
        of_change_requests(),
        of_reminders(),
        of_trails(),
    ]
    .concat()
}

fn of_pages() -> Vec<Route> {
    vec![
        get("/docs", Public, documentation::page).serves(&["text/html"], "Show the API documentation as HTML"),
        get("/docs/style.css", Public, documentation::style)
            .serves(&["text/css"], "Get the stylesheet of the documentation"),
        get("/docs/errors", Public, documentation::errors)
            .serves(&["text/html"], "Show the documentation of all errors"),
        get("/openapi.json", Public, documentation::openapi).returns::<serde_json::Value>("Get the OpenAPI document"),
        get("/console", Public, console::entrance)
            .serves(&["text/html"], "Open the console (without the trailing slash)")
            .headers(&[ETag]),
        get("/console/", Public, console::page).serves(&["text/html"], "Open the console").headers(&[ETag]),
        get("/console/{version}/{file}", Public, console::file)
            .serves(&["text/javascript", "text/css"], "Get a file of the console; immutable"),
    ]
}

fn of_sessions() -> Vec<Route> {
    vec![
        post("/v1/session", Public, session::sign_in)
            .creates::<SessionJson<'_>>("Sign in. The response sets the session cookie.")
            .headers(&[Location, SetCookie])
            .can_fail_with(&[SignInFailed, OrganizationSuspended, TooManyAttempts]),
        get("/v1/session", SignedIn, session::show).returns::<SessionJson<'_>>("Show the current session"),
        delete("/v1/session", SignedIn, session::sign_out)
            .no_content("Sign out")
            .headers(&[SetCookie])
            .allowed_while_suspended(),
        post("/v1/session/step-up", SignedIn, session::step_up)
            .returns::<SessionJson<'_>>("Step up the session with a one-time password")
            .can_fail_with(&[WrongOneTimePassword, TooManyAttempts]),
        post("/v1/invitation", Public, invitations::open)
            .returns::<OpenedJson>("Open an invitation link. Each call returns a new authenticator to set up.")
            .can_fail_with(&[NotFound, TooManyAttempts]),
        post("/v1/invitation/accept", Public, invitations::accept)
            .creates::<EnrolledJson<'_>>("Accept an invitation or reset, and sign in")
            .headers(&[Location, SetCookie])
            .can_fail_with(&[NotFound, AlreadyExists, WrongOneTimePassword, TooManyAttempts]),
    ]
}

fn of_accounts() -> Vec<Route> {
    vec![
        get("/v1/account", SignedIn, account::show)
            .returns::<AdministratorJson>("Show your own account")
            .headers(&[ETag]),
        get("/v1/account/sessions", SignedIn, account::list_sessions)
            .returns::<SessionsJson>("List your own sessions, newest first"),
        delete("/v1/account/sessions", SignedIn, account::end_other_sessions).no_content("End all your other sessions"),
        delete("/v1/account/sessions/{session_id}", SignedIn, account::end_session)
            .no_content("End one of your own sessions"),
        post("/v1/account/password", SignedIn, account::change_password)
            .no_content("Change your own password. All your other sessions end.")
            .can_fail_with(&[WrongPassword, TooManyAttempts])
            .with_step_up(),
        post("/v1/account/authenticator", SignedIn, account::set_up_authenticator)
            .returns::<AuthenticatorJson>("Set up a new authenticator, to be confirmed")
            .with_step_up_or_recovery(),
        post("/v1/account/authenticator/confirm", SignedIn, account::confirm_authenticator)
            .no_content("Confirm the new authenticator, which replaces the current one. All your other sessions end.")
            .can_fail_with(&[WrongOneTimePassword, NoPendingAuthenticator, TooManyAttempts]),
        post("/v1/account/recovery-codes", SignedIn, account::regenerate_recovery_codes)
            .returns::<RenewedJson>("Regenerate your recovery codes. The response contains the ten new codes once.")
            .with_step_up(),
    ]
}

fn of_administrators() -> Vec<Route> {
    vec![
        get("/v1/administrators", NeedsPerson(AdministratorsManage), administrators::list)
            .returns::<PageJson<AdministratorJson>>("List the administrators of an organization, or the operators"),
        get("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::show)
            .returns::<AdministratorJson>("Show an administrator")
            .headers(&[ETag]),
        patch("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::update)
            .returns::<AdministratorJson>("Update an administrator")
            .headers(&[ETag])
            .with_step_up()
            .can_fail_with(&[LastAdministrator, TooFewApprovers])
            .may_need_approval(),
        delete("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::remove)
            .no_content("Remove an administrator. All their sessions end at once.")
            .with_step_up()
            .can_fail_with(&[LastAdministrator, TooFewApprovers])
            .may_need_approval(),
        post("/v1/administrators/{administrator_id}/reset", NeedsPerson(AdministratorsManage), administrators::reset)
            .creates::<InvitationJson>("Mail an administrator a link to reset password and authenticator")
            .headers(&[Location])
            .can_fail_with(&[TooManyRequests])
            .with_step_up()
            .may_need_approval(),
        delete(
            "/v1/administrators/{administrator_id}/sessions",
            NeedsPerson(AdministratorsManage),
            administrators::end_sessions,
        )
        .no_content("End all sessions of an administrator"),
        get("/v1/invitations", NeedsPerson(AdministratorsManage), invitations::list)
            .returns::<PageJson<InvitationJson>>("List invitations"),
        post("/v1/invitations", NeedsPerson(AdministratorsManage), invitations::create)
            .creates::<InvitationJson>("Create an invitation and mail it")
            .headers(&[Location])
            .idempotent()
            .with_step_up()
            .can_fail_with(&[AlreadyExists, NotFound, TooManyRequests])
            .may_need_approval(),
        delete("/v1/invitations/{invitation_id}", NeedsPerson(AdministratorsManage), invitations::withdraw)
            .no_content("Withdraw an invitation. Its link no longer works.")
            .can_fail_with(&[NotPending]),
        post("/v1/invitations/{invitation_id}/resend", NeedsPerson(AdministratorsManage), invitations::resend)
            .returns::<InvitationJson>("Resend an invitation with a new link. The previous link no longer works.")
            .with_step_up()
            .can_fail_with(&[NotPending, TooManyRequests]),
    ]
}

fn of_organizations() -> Vec<Route> {
    vec![
        get("/v1/organizations", Needs(ClientsRead), organizations::list)
            .returns::<PageJson<OrganizationJson>>("List organizations. Callers other than operators see their own."),
        post("/v1/organizations", NeedsPerson(PlatformOperate), organizations::create)
            .creates::<OrganizationJson>("Create an organization")
            .headers(&[ETag, Location])
            .idempotent()
            .can_fail_with(&[AlreadyExists, TooFewApprovers]),
        get("/v1/organizations/{organization}", Needs(ClientsRead), organizations::show)
            .returns::<OrganizationJson>("Show an organization")
            .headers(&[ETag]),
        patch("/v1/organizations/{organization}", NeedsPerson(OrganizationChange), organizations::update)
            .returns::<OrganizationJson>("Update an organization")
            .headers(&[ETag])
            .also_requires("Changing `custody` or `multi_admin` requires a recent one-time password.")
            .can_fail_with(&[TooFewApprovers, InsufficientUserAuthentication])
            .may_need_approval(),
        post("/v1/organizations/{organization}/suspend", NeedsPerson(PlatformOperate), organizations::suspend)
            .returns::<OrganizationJson>(
                "Suspend an organization. Its administrators lose access, and its clients get no tokens.",
            )
            .headers(&[ETag]),
        post("/v1/organizations/{organization}/resume", NeedsPerson(PlatformOperate), organizations::resume)
            .returns::<OrganizationJson>("Resume a suspended organization")
            .headers(&[ETag]),
        get("/v1/resources", Needs(ClientsRead), resources::list)
            .returns::<PageJson<ResourceJson>>("List the resources in the catalogue"),
        post("/v1/resources", NeedsPerson(PlatformOperate), resources::create)
            .creates::<ResourceJson>("Add a resource to the catalogue")
            .idempotent()
            .can_fail_with(&[AlreadyExists]),
    ]
}

fn of_clients() -> Vec<Route> {
    vec![
        get("/v1/clients", Needs(ClientsRead), clients::list).returns::<PageJson<ClientJson>>("List clients"),
        post("/v1/clients", Needs(ClientsChange), clients::create)
            .creates::<CreatedJson<'_>>("Create a client. The response contains the secret once.")
            .also_requires(GRANTING)
            .headers(&[ETag, Location])
            .idempotent()
            .can_fail_with(&[AlreadyExists, NotFound])
            .may_need_approval(),
        get("/v1/clients/{client_id}", Needs(ClientsRead), clients::show)
            .returns::<ClientJson>("Show a client")
            .headers(&[ETag]),
        patch("/v1/clients/{client_id}", Needs(ClientsChange), clients::update)
            .returns::<ClientJson>("Update a client")
            .also_requires(GRANTING)
            .headers(&[ETag])
            .may_need_approval(),
        delete("/v1/clients/{client_id}", Needs(ClientsChange), clients::delete)
            .no_content("Delete a client permanently. Its client_id is never reused.")
            .may_need_approval(),
        post("/v1/clients/{client_id}/enable", Needs(ClientsChange), clients::enable)
            .returns::<ClientJson>("Enable a client")
            .headers(&[ETag])
            .may_need_approval(),
        post("/v1/clients/{client_id}/disable", Needs(ClientsChange), clients::disable)
            .returns::<ClientJson>("Disable a client. It gets no tokens until it is enabled.")
            .headers(&[ETag])
            .may_need_approval(),
    ]
}

fn of_secrets() -> Vec<Route> {
    vec![
        get("/v1/clients/{client_id}/secrets", Needs(ClientsRead), secrets::list)
            .returns::<SecretsJson>(
                "List the secrets of a client, or its restorable deleted secrets, oldest first",
            )
            .headers(&[ETag]),
        post("/v1/clients/{client_id}/secrets", Needs(SecretsManage), secrets::add)
            .creates::<AddedJson<'_>>("Add a secret. The response contains it once.")
            .also_requires(OPENING)
            .headers(&[ETag, Location])
            .idempotent()
            .can_fail_with(&[TooManySecrets])
            .may_need_approval(),
        post("/v1/clients/@me/secrets/regenerate", NeedsMachine(SecretsManage), secrets::regenerate_own)
            .creates::<RegeneratedJson<'_>>(
                "Regenerate one of the calling client's own secrets. The response contains the new secret once.",
            )
            .headers(&[ETag, Location])
            .idempotent()
            .can_fail_with(&[NotFound, TooManySecrets, NotRegenerable])
            .may_need_approval(),
        delete("/v1/clients/{client_id}/secrets/{secret_id}", Needs(SecretsManage), secrets::delete)
            .no_content("Delete a secret. The next token request with it fails.")
            .can_fail_with(&[LastSecret])
            .may_need_approval(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/regenerate", Needs(SecretsManage), secrets::regenerate)
            .creates::<RegeneratedJson<'_>>(
                "Regenerate a secret. The old one expires after an overlap, and the response contains the new one once.",
            )
            .also_requires(OPENING)
            .headers(&[ETag, Location])
            .idempotent()
            .can_fail_with(&[TooManySecrets, NotRegenerable])
            .with_step_up()
            .may_need_approval(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reveal", NeedsPerson(SecretsManage), secrets::reveal)
            .returns::<RevealedJson<'_>>("Reveal a secret")
            .also_requires(OPENING)
            .can_fail_with(&[NotRevealable])
            .with_step_up(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/restore", Needs(SecretsManage), secrets::restore)
            .returns::<SecretJson>("Restore a deleted secret")
            .also_requires(OPENING)
            .headers(&[ETag])
            .can_fail_with(&[TooManySecrets, NotRestorable])
            .may_need_approval(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/deactivate", Needs(SecretsManage), secrets::deactivate)
            .returns::<SecretJson>("Deactivate a secret")
            .headers(&[ETag]),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reactivate", Needs(SecretsManage), secrets::reactivate)
            .returns::<SecretJson>("Reactivate a secret")
            .also_requires(OPENING)
            .headers(&[ETag])
            .may_need_approval(),
    ]
}

fn of_change_requests() -> Vec<Route> {
    vec![
        get("/v1/change-requests", Needs(ClientsRead), change_requests::list)
            .returns::<PageJson<ChangeRequestJson>>("List change requests, newest first"),
        get("/v1/change-requests/{change_request_id}", Needs(ClientsRead), change_requests::show)
            .returns::<ChangeRequestJson>("Show a change request")
            .headers(&[ETag]),
        post("/v1/change-requests/{change_request_id}/approve", NeedsPerson(ClientsRead), change_requests::approve)
            .returns::<ChangeRequestJson>("Approve a change request. The change takes effect at once.")
            .also_requires(DECIDING)
            .headers(&[ETag])
            .can_fail_with(&[
                OwnRequest,
                NotPending,
                RequesterLacksPrivilege,
                AlreadyExists,
                TooManySecrets,
                LastSecret,
                NotRegenerable,
                NotRestorable,
                TooFewApprovers,
                TooManyRequests,
            ])
            .with_step_up(),
        post("/v1/change-requests/{change_request_id}/reject", NeedsPerson(ClientsRead), change_requests::reject)
            .returns::<ChangeRequestJson>("Reject a change request")
            .also_requires(DECIDING)
            .headers(&[ETag])
            .can_fail_with(&[OwnRequest, NotPending]),
        post("/v1/change-requests/{change_request_id}/withdraw", Needs(ClientsRead), change_requests::withdraw)
            .returns::<ChangeRequestJson>("Withdraw your own change request")
            .headers(&[ETag])
            .can_fail_with(&[NotRequester, NotPending]),
        post("/v1/change-requests/{change_request_id}/comments", NeedsPerson(ClientsRead), change_requests::comment)
            .returns::<ChangeRequestJson>("Comment on a pending change request")
            .headers(&[ETag])
            .can_fail_with(&[NotPending, TooManyComments]),
        post("/v1/change-requests/{change_request_id}/collect", Needs(ClientsRead), change_requests::collect)
            .creates::<CollectedJson<'_>>(
                "Collect the secret of your own approved change request. The response contains it once.",
            )
            .also_requires(DECIDING)
            .headers(&[ETag, Location])
            .can_fail_with(&[NotRequester, NotCollectable, InvalidRequest, TooManySecrets, NotRegenerable])
            .with_step_up(),
    ]
}

fn of_reminders() -> Vec<Route> {
    vec![
        get("/v1/reminders/recipients", NeedsPerson(SecretsManage), reminders::list_recipients)
            .returns::<PageJson<RecipientJson>>("List the recipients of expiry reminders, with their delivery status"),
        post("/v1/reminders/recipients/{email}/retry", NeedsPerson(SecretsManage), reminders::retry_recipient)
            .returns::<RecipientJson>("Retry a recipient after a delivery failure"),
    ]
}

fn of_trails() -> Vec<Route> {
    vec![
        get("/v1/audit", NeedsPerson(AuditRead), audit::list).returns::<PageJson<EventJson>>(
            "List the events of a trail, newest first. A page may be short and still have a next one.",
        ),
        get("/v1/audit/export", NeedsPerson(AuditRead), audit::export)
            .serves(
                &["text/csv", "application/jsonl"],
                "Export a trail, one page at a time. The `Link` header has the next page.",
            )
            .headers(&[Link]),
        get("/v1/audit/verify", NeedsPerson(AuditRead), audit::verify)
            .returns::<VerificationJson>("Verify the hash chain of a trail"),
    ]
}
