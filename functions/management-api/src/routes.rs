//! The one table of routes: method, path, access, handler, and what the description says of it.

use std::any::type_name;
use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{self, MethodRouter};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use shared::domain::administrator::Privilege::{
    AdministratorsManage, AuditRead, ClientsChange, ClientsRead, OrganizationChange, PlatformOperate, SecretsManage,
};

use crate::access::Access::{
    self, Machine as NeedsMachine, Person as NeedsPerson, Privilege as Needs, Public, SignedIn,
};
use crate::access::{Gate, check};
use crate::account::{RenewedJson, SessionsJson};
use crate::administrators::AdministratorJson;
use crate::audit::{EventJson, VerificationJson};
use crate::change_requests::{ChangeRequestJson, CollectedJson};
use crate::clients::{ClientJson, CreatedJson};
use crate::enrolment::AuthenticatorJson;
use crate::invitations::{InvitationJson, OpenedJson};
use crate::kind::Kind::{
    self, AlreadyExists, InvalidRequest, LastAdministrator, LastSecret, NoPendingAuthenticator, NotCollectable,
    NotFound, NotPending, NotRegenerable, NotRequester, NotRestorable, NotRevealable, OrganizationSuspended,
    OwnRequest, RequesterLacksPrivilege, SignInFailed, TooFewApprovers, TooManyAttempts, TooManyComments,
    TooManyRequests, TooManySecrets, WrongOneTimePassword, WrongPassword,
};
use crate::openapi::{Arguments, Content, Reads, Success};
use crate::organizations::OrganizationJson;
use crate::query::PageJson;
use crate::reminders::RecipientJson;
use crate::resources::ResourceJson;
use crate::secrets::{AddedJson, RegeneratedJson, RevealedJson, SecretJson, SecretsJson};
use crate::session::{EnrolledJson, SessionJson};
use crate::{
    Management, account, administrators, audit, change_requests, clients, console, documentation, idempotency,
    invitations, openapi, organizations, reminders, resources, secrets, session,
};

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
        get("/docs", Public, openapi::page).serves(&["text/html"], "This description as a page"),
        get("/docs/style.css", Public, openapi::style).serves(&["text/css"], "How these pages look"),
        get("/docs/errors", Public, documentation::errors).serves(&["text/html"], "What each problem means"),
        get("/openapi.json", Public, openapi::show).shows::<serde_json::Value>("This description"),
        get("/console", Public, console::entrance)
            .serves(&["text/html"], "The console, for whoever leaves the slash out"),
        get("/console/", Public, console::page).serves(&["text/html"], "The console: all of this in a browser"),
        get("/console/{version}/{file}", Public, console::file)
            .serves(&["text/javascript", "text/css"], "A file of the console, which never changes"),
    ]
}

fn of_sessions() -> Vec<Route> {
    vec![
        post("/v1/session", Public, session::sign_in)
            .makes::<SessionJson<'_>>("Sign in: sets the session cookie")
            .refuses(&[SignInFailed, OrganizationSuspended, TooManyAttempts]),
        get("/v1/session", SignedIn, session::show).shows::<SessionJson<'_>>("Show who is signed in"),
        delete("/v1/session", SignedIn, session::sign_out).ends("Sign out"),
        post("/v1/session/step-up", SignedIn, session::step_up)
            .shows::<SessionJson<'_>>("Enter another one-time password, for what needs one of the last minutes")
            .refuses(&[WrongOneTimePassword, TooManyAttempts]),
        post("/v1/invitation", Public, invitations::open)
            .shows::<OpenedJson>("Show what a link leads to, and an authenticator to set up: another one each time")
            .refuses(&[NotFound, TooManyAttempts]),
        post("/v1/invitation/accept", Public, invitations::accept)
            .makes::<EnrolledJson<'_>>("Use a link: makes the account, or lets it be signed in to anew, and signs in")
            .refuses(&[NotFound, AlreadyExists, WrongOneTimePassword, TooManyAttempts]),
    ]
}

fn of_accounts() -> Vec<Route> {
    vec![
        get("/v1/account", SignedIn, account::show).shows::<AdministratorJson>("Show one's own account"),
        get("/v1/account/sessions", SignedIn, account::sessions)
            .shows::<SessionsJson>("List where one is signed in, newest first"),
        delete("/v1/account/sessions", SignedIn, account::end_other_sessions).ends("End all other sessions"),
        delete("/v1/account/sessions/{session_id}", SignedIn, account::end_session).ends("End one session"),
        post("/v1/account/password", SignedIn, account::change_password)
            .ends("Change one's password; all other sessions end")
            .refuses(&[WrongPassword, TooManyAttempts])
            .with_step_up(),
        post("/v1/account/authenticator", SignedIn, account::begin_authenticator)
            .shows::<AuthenticatorJson>("Show another authenticator's key, to be confirmed")
            .with_step_up(),
        post("/v1/account/authenticator/confirm", SignedIn, account::confirm_authenticator)
            .ends("Put the new authenticator in the place of the one before; all other sessions end")
            .refuses(&[WrongOneTimePassword, NoPendingAuthenticator, TooManyAttempts]),
        post("/v1/account/recovery-codes", SignedIn, account::renew_recovery_codes)
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
            .shows::<AdministratorJson>("Show an administrator"),
        patch("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::update)
            .shows::<AdministratorJson>("Change somebody's name or privileges, what is given")
            .refuses(&[LastAdministrator, TooFewApprovers])
            .may_wait(),
        delete("/v1/administrators/{administrator_id}", NeedsPerson(AdministratorsManage), administrators::remove)
            .ends("Remove somebody; their sessions end at once")
            .refuses(&[LastAdministrator, TooFewApprovers])
            .may_wait(),
        post("/v1/administrators/{administrator_id}/reset", NeedsPerson(AdministratorsManage), administrators::reset)
            .makes::<InvitationJson>("Mail somebody a link to choose password and authenticator anew")
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
            .once_per_key()
            .refuses(&[AlreadyExists, NotFound, TooManyRequests])
            .may_wait(),
        delete("/v1/invitations/{invitation_id}", NeedsPerson(AdministratorsManage), invitations::withdraw)
            .ends("Take an invitation back: its link works no more")
            .refuses(&[NotPending]),
        post("/v1/invitations/{invitation_id}/resend", NeedsPerson(AdministratorsManage), invitations::resend)
            .shows::<InvitationJson>("Mail another link; the one before works no more")
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
            .once_per_key()
            .refuses(&[AlreadyExists, TooFewApprovers]),
        get("/v1/organizations/{organization}", Needs(ClientsRead), organizations::show)
            .shows::<OrganizationJson>("Show an organization"),
        patch("/v1/organizations/{organization}", NeedsPerson(OrganizationChange), organizations::update)
            .shows::<OrganizationJson>("Change an organization's name and settings, those alone that are given")
            .refuses(&[TooFewApprovers])
            .may_wait(),
        post("/v1/organizations/{organization}/suspend", NeedsPerson(PlatformOperate), organizations::suspend)
            .shows::<OrganizationJson>("Refuse everything to an organization's people, and tokens to its clients"),
        post("/v1/organizations/{organization}/resume", NeedsPerson(PlatformOperate), organizations::resume)
            .shows::<OrganizationJson>("Let an organization's people and clients go on as before"),
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
            .once_per_key()
            .refuses(&[AlreadyExists, NotFound])
            .may_wait(),
        get("/v1/clients/{client_id}", Needs(ClientsRead), clients::show).shows::<ClientJson>("Show a client"),
        patch("/v1/clients/{client_id}", Needs(ClientsChange), clients::update)
            .shows::<ClientJson>("Change a client: the fields that are given")
            .may_wait(),
        delete("/v1/clients/{client_id}", Needs(ClientsChange), clients::delete)
            .ends("Delete a client for good; its client_id stays taken")
            .may_wait(),
        post("/v1/clients/{client_id}/enable", Needs(ClientsChange), clients::enable)
            .shows::<ClientJson>("Let a client get tokens")
            .may_wait(),
        post("/v1/clients/{client_id}/disable", Needs(ClientsChange), clients::disable)
            .shows::<ClientJson>("Let a client get no more tokens")
            .may_wait(),
    ]
}

fn of_secrets() -> Vec<Route> {
    vec![
        get("/v1/clients/{client_id}/secrets", Needs(ClientsRead), secrets::list).shows::<SecretsJson>(
            "List the secrets of a client, or the deleted ones that can be restored, oldest first",
        ),
        post("/v1/clients/{client_id}/secrets", Needs(SecretsManage), secrets::add)
            .makes::<AddedJson<'_>>("Add a secret, which is shown this once")
            .once_per_key()
            .refuses(&[TooManySecrets])
            .may_wait(),
        post("/v1/clients/@me/secrets/regenerate", NeedsMachine(SecretsManage), secrets::regenerate_own)
            .makes::<RegeneratedJson<'_>>(
                "Make a successor to one of the machine's own secrets, the newest unless it names another",
            )
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
            .once_per_key()
            .refuses(&[TooManySecrets, NotRegenerable])
            .with_step_up()
            .may_wait(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reveal", NeedsPerson(SecretsManage), secrets::reveal)
            .shows::<RevealedJson<'_>>("Show a secret again, where a copy was kept")
            .refuses(&[NotRevealable])
            .with_step_up(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/restore", Needs(SecretsManage), secrets::restore)
            .shows::<SecretJson>("Bring a deleted secret back as it was")
            .refuses(&[TooManySecrets, NotRestorable])
            .may_wait(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/deactivate", Needs(SecretsManage), secrets::deactivate)
            .shows::<SecretJson>("Switch a secret off"),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reactivate", Needs(SecretsManage), secrets::reactivate)
            .shows::<SecretJson>("Switch a secret on again")
            .may_wait(),
    ]
}

fn of_change_requests() -> Vec<Route> {
    vec![
        get("/v1/change-requests", Needs(ClientsRead), change_requests::list).shows::<PageJson<ChangeRequestJson>>(
            "List the changes that wait for a second administrator, and those that waited, newest first",
        ),
        get("/v1/change-requests/{change_request_id}", Needs(ClientsRead), change_requests::show)
            .shows::<ChangeRequestJson>("Show a change request"),
        post("/v1/change-requests/{change_request_id}/approve", NeedsPerson(ClientsRead), change_requests::approve)
            .shows::<ChangeRequestJson>("Approve somebody else's change, which is made at once")
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
            .refuses(&[OwnRequest, NotPending]),
        post("/v1/change-requests/{change_request_id}/withdraw", Needs(ClientsRead), change_requests::withdraw)
            .shows::<ChangeRequestJson>("Take one's own change back")
            .refuses(&[NotRequester, NotPending]),
        post("/v1/change-requests/{change_request_id}/comments", NeedsPerson(ClientsRead), change_requests::comment)
            .shows::<ChangeRequestJson>("Say something of a change that waits")
            .refuses(&[NotPending, TooManyComments]),
        post("/v1/change-requests/{change_request_id}/collect", Needs(ClientsRead), change_requests::collect)
            .makes::<CollectedJson<'_>>("Make the secret of one's own approved change, which is shown this once")
            .refuses(&[NotRequester, NotCollectable, InvalidRequest, TooManySecrets, NotRegenerable])
            .with_step_up(),
    ]
}

fn of_reminders() -> Vec<Route> {
    vec![
        get("/v1/reminders/recipients", NeedsPerson(SecretsManage), reminders::list).shows::<PageJson<RecipientJson>>(
            "List who is reminded before something expires, and whether mail reaches them",
        ),
        post("/v1/reminders/recipients/{email}/retry", NeedsPerson(SecretsManage), reminders::retry)
            .shows::<RecipientJson>("Mail reminders to a recipient again after a mail did not arrive"),
    ]
}

fn of_trails() -> Vec<Route> {
    vec![
        get("/v1/audit", NeedsPerson(AuditRead), audit::list)
            .shows::<PageJson<EventJson>>("List a trail, newest first; a page may be short and still have a next one"),
        get("/v1/audit/export", NeedsPerson(AuditRead), audit::export)
            .serves(&["text/csv", "application/jsonl"], "Export a trail, a page at a time: `Link` leads to the next"),
        get("/v1/audit/verify", NeedsPerson(AuditRead), audit::verify)
            .shows::<VerificationJson>("Prove that a trail is as it was written, or say where it is broken"),
    ]
}

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its method; `GET` answers `HEAD` too.
    pub method: Method,
    /// Its path below the issuer's, parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Whether it needs a one-time password of the last minutes besides (RFC 9470).
    pub step_up: bool,
    /// Whether what it does waits for a second administrator, where the organization has it so.
    pub waits: bool,
    /// Whether it takes an `Idempotency-Key`, so that a request that is sent twice is carried out once.
    pub idempotent: bool,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// The module and name of its handler, such as `clients::create`.
    pub(crate) name: String,
    /// What its handler reads of a request.
    pub(crate) reads: fn(&mut Reads),
    pub(crate) success: Success,
    /// What it is refused for, beside what follows from its access and from what its handler reads.
    pub(crate) refusals: &'static [Kind],
    handler: MethodRouter<Arc<Management>>,
}

impl Route {
    /// The route with a step-up in front.
    fn with_step_up(self) -> Self {
        Self { step_up: true, ..self }
    }

    /// The route, which answers with a change request where the organization has changes approved.
    fn may_wait(self) -> Self {
        Self { waits: true, ..self }
    }

    /// The route, which carries a request under an `Idempotency-Key` out once.
    fn once_per_key(self) -> Self {
        Self { idempotent: true, ..self }
    }

    /// Adds the route with its access check in front.
    pub(crate) fn mount(self, router: Router<Arc<Management>>, app: &Arc<Management>) -> Router<Arc<Management>> {
        let path = format!("{}{}", app.issuer.path(), self.path);
        let route = format!("{} {}", self.method, self.path).into();
        let gate = Gate { app: Arc::clone(app), access: self.access, step_up: self.step_up, route };
        let handler = if self.idempotent {
            self.handler.route_layer(middleware::from_fn_with_state(Arc::clone(app), idempotency::guard))
        } else {
            self.handler
        };
        router.route(&path, handler.route_layer(middleware::from_fn_with_state(gate, check)))
    }

    fn refuses(self, refusals: &'static [Kind]) -> Self {
        Self { refusals, ..self }
    }
}

/// A route that does not say yet what it answers with.
struct Unanswered {
    method: Method,
    path: &'static str,
    access: Access,
    name: String,
    reads: fn(&mut Reads),
    handler: MethodRouter<Arc<Management>>,
}

impl Unanswered {
    fn new<T: Arguments, H>(
        (method, handler): (Method, MethodRouter<Arc<Management>>),
        path: &'static str,
        access: Access,
    ) -> Self {
        let mut names = type_name::<H>().split("::").skip(1);
        let module = names.next().unwrap_or_default();
        let name = format!("{module}::{}", names.last().unwrap_or(module));
        Self { method, path, access, name, reads: T::describe, handler }
    }

    /// It shows something.
    fn shows<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.answers(StatusCode::OK, Content::json::<T>(), summary)
    }

    /// It makes something, and shows it.
    fn makes<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.answers(StatusCode::CREATED, Content::json::<T>(), summary)
    }

    /// It has nothing to show.
    fn ends(self, summary: &'static str) -> Route {
        self.answers(StatusCode::NO_CONTENT, Content::Nothing, summary)
    }

    /// It shows something that is not JSON.
    fn serves(self, media_types: &'static [&'static str], summary: &'static str) -> Route {
        self.answers(StatusCode::OK, Content::Text(media_types), summary)
    }

    fn answers(self, status: StatusCode, content: Content, summary: &'static str) -> Route {
        let Self { method, path, access, name, reads, handler } = self;
        let success = Success { status, content };
        Route {
            method,
            path,
            access,
            idempotent: false,
            step_up: false,
            waits: false,
            summary,
            name,
            reads,
            success,
            refusals: &[],
            handler,
        }
    }
}

fn get<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::GET, routing::get(handler)), path, access)
}

fn post<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::POST, routing::post(handler)), path, access)
}

fn patch<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::PATCH, routing::patch(handler)), path, access)
}

fn delete<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::DELETE, routing::delete(handler)), path, access)
}
