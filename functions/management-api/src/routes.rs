//! The one table of routes: method, path, access, handler, and what the description says of it.

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
use crate::http::openapi::Sent::{ETag, Link, Location, SetCookie};
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

const GRANTING: &str = "With `grants` it takes `resources:assign` besides, and for a level on `countersign` every privilege \
                        that the level brings; with `serves` it takes `platform:operate`.";
const OPENING: &str =
    "For a client that may use the management API it takes the privileges besides that come with that.";
const DECIDING: &str = "It takes every privilege that the change itself takes.";

/// Every route there is; the router is made of nothing else, and neither is the description.
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
        get("/docs", Public, documentation::page).serves(&["text/html"], "This description as a page"),
        get("/docs/style.css", Public, documentation::style).serves(&["text/css"], "How these pages look"),
        get("/docs/errors", Public, documentation::errors).serves(&["text/html"], "What each problem means"),
        get("/openapi.json", Public, documentation::openapi).shows::<serde_json::Value>("This description"),
        get("/console", Public, console::entrance)
            .serves(&["text/html"], "The console, for whoever leaves the slash out")
            .sends(&[ETag]),
        get("/console/", Public, console::page)
            .serves(&["text/html"], "The console: all of this in a browser")
            .sends(&[ETag]),
        get("/console/{version}/{file}", Public, console::file)
            .serves(&["text/javascript", "text/css"], "A file of the console, which never changes"),
    ]
}

fn of_sessions() -> Vec<Route> {
    vec![
        post("/v1/session", Public, session::sign_in)
            .makes::<SessionJson<'_>>("Sign in: sets the session cookie")
            .sends(&[Location, SetCookie])
            .refuses(&[SignInFailed, OrganizationSuspended, TooManyAttempts]),
        get("/v1/session", SignedIn, session::show).shows::<SessionJson<'_>>("Show who is signed in"),
        delete("/v1/session", SignedIn, session::sign_out).ends("Sign out").sends(&[SetCookie]).even_while_suspended(),
        post("/v1/session/step-up", SignedIn, session::step_up)
            .shows::<SessionJson<'_>>("Enter another one-time password, for what needs one of the last minutes")
            .refuses(&[WrongOneTimePassword, TooManyAttempts]),
        post("/v1/invitation", Public, invitations::open)
            .shows::<OpenedJson>("Show what a link leads to, and an authenticator to set up: another one each time")
            .refuses(&[NotFound, TooManyAttempts]),
        post("/v1/invitation/accept", Public, invitations::accept)
            .makes::<EnrolledJson<'_>>("Use a link: makes the account, or lets it be signed in to anew, and signs in")
            .sends(&[Location, SetCookie])
            .refuses(&[NotFound, AlreadyExists, WrongOneTimePassword, TooManyAttempts]),
    ]
}

fn of_accounts() -> Vec<Route> {
    vec![
        get("/v1/account", SignedIn, account::show).shows::<AdministratorJson>("Show one's own account").sends(&[ETag]),
        get("/v1/account/sessions", SignedIn, account::list_sessions)
            .shows::<SessionsJson>("List where one is signed in, newest first"),
        delete("/v1/account/sessions", SignedIn, account::end_other_sessions).ends("End all other sessions"),
        delete("/v1/account/sessions/{session_id}", SignedIn, account::end_session).ends("End one session"),
        post("/v1/account/password", SignedIn, account::change_password)
            .ends("Change one's password; all other sessions end")
            .refuses(&[WrongPassword, TooManyAttempts])
            .with_step_up(),
        post("/v1/account/authenticator", SignedIn, account::set_up_authenticator)
            .shows::<AuthenticatorJson>("Show another authenticator's key, to be confirmed")
            .with_step_up_or_recovery(),
        post("/v1/account/authenticator/confirm", SignedIn, account::confirm_authenticator)
            .ends("Put the new authenticator in the place of the one before; all other sessions end")
            .refuses(&[WrongOneTimePassword, NoPendingAuthenticator, TooManyAttempts]),
        post("/v1/account/recovery-codes", SignedIn, account::regenerate_recovery_codes)
            .shows::<RenewedJson>("Make ten recovery codes, shown this once; those before work no more")
            .with_step_up(),
    ]
}

fn of_administrators() -> Vec<Route> {
    vec![
        get("/v1/administrators", NeedsPerson(AdministratorsManage), administrators::list)
            .shows::<PageJson<AdministratorJson>>(
                "List the people of an organization; of an operator's own, operators",
            ),
        get("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::show)
            .shows::<AdministratorJson>("Show an administrator")
            .sends(&[ETag]),
        patch("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::update)
            .shows::<AdministratorJson>("Change somebody's name or privileges, what is given")
            .sends(&[ETag])
            .with_step_up()
            .refuses(&[LastAdministrator, TooFewApprovers])
            .may_wait(),
        delete("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::remove)
            .ends("Remove somebody; their sessions end at once")
            .with_step_up()
            .refuses(&[LastAdministrator, TooFewApprovers])
            .may_wait(),
        post("/v1/administrators/{administrator_id}/reset", NeedsPerson(AdministratorsManage), administrators::reset)
            .makes::<InvitationJson>("Mail somebody a link to choose password and authenticator anew")
            .sends(&[Location])
            .refuses(&[TooManyRequests])
            .with_step_up()
            .may_wait(),
        delete(
            "/v1/administrators/{administrator_id}/sessions",
            NeedsPerson(AdministratorsManage),
            administrators::end_sessions,
        )
        .ends("Sign somebody out everywhere"),
        get("/v1/invitations", NeedsPerson(AdministratorsManage), invitations::list)
            .shows::<PageJson<InvitationJson>>("List the invitations to an organization"),
        post("/v1/invitations", NeedsPerson(AdministratorsManage), invitations::create)
            .makes::<InvitationJson>("Invite somebody by mail")
            .sends(&[Location])
            .once_per_key()
            .with_step_up()
            .refuses(&[AlreadyExists, NotFound, TooManyRequests])
            .may_wait(),
        delete("/v1/invitations/{invitation_id}", NeedsPerson(AdministratorsManage), invitations::withdraw)
            .ends("Take an invitation back: its link works no more")
            .refuses(&[NotPending]),
        post("/v1/invitations/{invitation_id}/resend", NeedsPerson(AdministratorsManage), invitations::resend)
            .shows::<InvitationJson>("Mail another link; the one before works no more")
            .with_step_up()
            .refuses(&[NotPending, TooManyRequests]),
    ]
}

fn of_organizations() -> Vec<Route> {
    vec![
        get("/v1/organizations", Needs(ClientsRead), organizations::list).shows::<PageJson<OrganizationJson>>(
            "List organizations: an operator's are all, everybody else's their own",
        ),
        post("/v1/organizations", NeedsPerson(PlatformOperate), organizations::create)
            .makes::<OrganizationJson>("Make an organization")
            .sends(&[ETag, Location])
            .once_per_key()
            .refuses(&[AlreadyExists, TooFewApprovers]),
        get("/v1/organizations/{organization}", Needs(ClientsRead), organizations::show)
            .shows::<OrganizationJson>("Show an organization")
            .sends(&[ETag]),
        patch("/v1/organizations/{organization}", NeedsPerson(OrganizationChange), organizations::update)
            .shows::<OrganizationJson>("Change an organization's name and settings, those alone that are given")
            .sends(&[ETag])
            .takes_besides("To change `custody` or `multi_admin` takes a one-time password of the last minutes.")
            .refuses(&[TooFewApprovers, InsufficientUserAuthentication])
            .may_wait(),
        post("/v1/organizations/{organization}/suspend", NeedsPerson(PlatformOperate), organizations::suspend)
            .shows::<OrganizationJson>("Refuse everything to an organization's people, and tokens to its clients")
            .sends(&[ETag]),
        post("/v1/organizations/{organization}/resume", NeedsPerson(PlatformOperate), organizations::resume)
            .shows::<OrganizationJson>("Let an organization's people and clients go on as before")
            .sends(&[ETag]),
        get("/v1/resources", Needs(ClientsRead), resources::list)
            .shows::<PageJson<ResourceJson>>("List the whole catalogue of resources"),
        post("/v1/resources", NeedsPerson(PlatformOperate), resources::create)
            .makes::<ResourceJson>("Add a resource to the catalogue")
            .once_per_key()
            .refuses(&[AlreadyExists]),
    ]
}

fn of_clients() -> Vec<Route> {
    vec![
        get("/v1/clients", Needs(ClientsRead), clients::list)
            .shows::<PageJson<ClientJson>>("List the clients of an organization"),
        post("/v1/clients", Needs(ClientsChange), clients::create)
            .makes::<CreatedJson<'_>>("Make a client with its first secret, which is shown this once")
            .takes_besides(GRANTING)
            .sends(&[ETag, Location])
            .once_per_key()
            .refuses(&[AlreadyExists, NotFound])
            .may_wait(),
        get("/v1/clients/{client_id}", Needs(ClientsRead), clients::show)
            .shows::<ClientJson>("Show a client")
            .sends(&[ETag]),
        patch("/v1/clients/{client_id}", Needs(ClientsChange), clients::update)
            .shows::<ClientJson>("Change a client: the fields that are given")
            .takes_besides(GRANTING)
            .sends(&[ETag])
            .may_wait(),
        delete("/v1/clients/{client_id}", Needs(ClientsChange), clients::delete)
            .ends("Delete a client for good; its client_id stays taken")
            .may_wait(),
        post("/v1/clients/{client_id}/enable", Needs(ClientsChange), clients::enable)
            .shows::<ClientJson>("Let a client get tokens")
            .sends(&[ETag])
            .may_wait(),
        post("/v1/clients/{client_id}/disable", Needs(ClientsChange), clients::disable)
            .shows::<ClientJson>("Let a client get no more tokens")
            .sends(&[ETag])
            .may_wait(),
    ]
}

fn of_secrets() -> Vec<Route> {
    vec![
        get("/v1/clients/{client_id}/secrets", Needs(ClientsRead), secrets::list)
            .shows::<SecretsJson>(
                "List the secrets of a client, or the deleted ones that can be restored, oldest first",
            )
            .sends(&[ETag]),
        post("/v1/clients/{client_id}/secrets", Needs(SecretsManage), secrets::add)
            .makes::<AddedJson<'_>>("Add a secret, which is shown this once")
            .takes_besides(OPENING)
            .sends(&[ETag, Location])
            .once_per_key()
            .refuses(&[TooManySecrets])
            .may_wait(),
        post("/v1/clients/@me/secrets/regenerate", NeedsMachine(SecretsManage), secrets::regenerate_own)
            .makes::<RegeneratedJson<'_>>(
                "Make a successor to one of the machine's own secrets, the newest unless it names another",
            )
            .sends(&[ETag, Location])
            .once_per_key()
            .refuses(&[NotFound, TooManySecrets, NotRegenerable])
            .may_wait(),
        delete("/v1/clients/{client_id}/secrets/{secret_id}", Needs(SecretsManage), secrets::delete)
            .ends("Delete a secret: the next token request with it fails")
            .refuses(&[LastSecret])
            .may_wait(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/regenerate", Needs(SecretsManage), secrets::regenerate)
            .makes::<RegeneratedJson<'_>>(
                "Make a successor, which is shown this once, and end a secret after an overlap",
            )
            .takes_besides(OPENING)
            .sends(&[ETag, Location])
            .once_per_key()
            .refuses(&[TooManySecrets, NotRegenerable])
            .with_step_up()
            .may_wait(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reveal", NeedsPerson(SecretsManage), secrets::reveal)
            .shows::<RevealedJson<'_>>("Show a secret again, where a copy was kept")
            .takes_besides(OPENING)
            .refuses(&[NotRevealable])
            .with_step_up(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/restore", Needs(SecretsManage), secrets::restore)
            .shows::<SecretJson>("Bring a deleted secret back as it was")
            .takes_besides(OPENING)
            .sends(&[ETag])
            .refuses(&[TooManySecrets, NotRestorable])
            .may_wait(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/deactivate", Needs(SecretsManage), secrets::deactivate)
            .shows::<SecretJson>("Switch a secret off")
            .sends(&[ETag]),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reactivate", Needs(SecretsManage), secrets::reactivate)
            .shows::<SecretJson>("Switch a secret on again")
            .takes_besides(OPENING)
            .sends(&[ETag])
            .may_wait(),
    ]
}

fn of_change_requests() -> Vec<Route> {
    vec![
        get("/v1/change-requests", Needs(ClientsRead), change_requests::list).shows::<PageJson<ChangeRequestJson>>(
            "List the changes that wait for a second administrator, and those that waited, newest first",
        ),
        get("/v1/change-requests/{change_request_id}", Needs(ClientsRead), change_requests::show)
            .shows::<ChangeRequestJson>("Show a change request")
            .sends(&[ETag]),
        post("/v1/change-requests/{change_request_id}/approve", NeedsPerson(ClientsRead), change_requests::approve)
            .shows::<ChangeRequestJson>("Approve somebody else's change, which is made at once")
            .takes_besides(DECIDING)
            .sends(&[ETag])
            .refuses(&[
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
            .shows::<ChangeRequestJson>("Reject somebody else's change")
            .takes_besides(DECIDING)
            .sends(&[ETag])
            .refuses(&[OwnRequest, NotPending]),
        post("/v1/change-requests/{change_request_id}/withdraw", Needs(ClientsRead), change_requests::withdraw)
            .shows::<ChangeRequestJson>("Take one's own change back")
            .sends(&[ETag])
            .refuses(&[NotRequester, NotPending]),
        post("/v1/change-requests/{change_request_id}/comments", NeedsPerson(ClientsRead), change_requests::comment)
            .shows::<ChangeRequestJson>("Say something of a change that waits")
            .sends(&[ETag])
            .refuses(&[NotPending, TooManyComments]),
        post("/v1/change-requests/{change_request_id}/collect", Needs(ClientsRead), change_requests::collect)
            .makes::<CollectedJson<'_>>("Make the secret of one's own approved change, which is shown this once")
            .takes_besides(DECIDING)
            .sends(&[ETag, Location])
            .refuses(&[NotRequester, NotCollectable, InvalidRequest, TooManySecrets, NotRegenerable])
            .with_step_up(),
    ]
}

fn of_reminders() -> Vec<Route> {
    vec![
        get("/v1/reminders/recipients", NeedsPerson(SecretsManage), reminders::list_recipients)
            .shows::<PageJson<RecipientJson>>(
                "List who is reminded before something expires, and whether mail reaches them",
            ),
        post("/v1/reminders/recipients/{email}/retry", NeedsPerson(SecretsManage), reminders::retry_recipient)
            .shows::<RecipientJson>("Mail reminders to a recipient again after a mail did not arrive"),
    ]
}

fn of_trails() -> Vec<Route> {
    vec![
        get("/v1/audit", NeedsPerson(AuditRead), audit::list)
            .shows::<PageJson<EventJson>>("List a trail, newest first; a page may be short and still have a next one"),
        get("/v1/audit/export", NeedsPerson(AuditRead), audit::export)
            .serves(&["text/csv", "application/jsonl"], "Export a trail, a page at a time: `Link` leads to the next")
            .sends(&[Link]),
        get("/v1/audit/verify", NeedsPerson(AuditRead), audit::verify)
            .shows::<VerificationJson>("Prove that a trail is as it was written, or say where it is broken"),
    ]
}
