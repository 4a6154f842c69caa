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
    AuditRead, ClientsChange, ClientsRead, OrganizationChange, PlatformOperate, SecretsManage,
};

use crate::access::Access::{
    self, Machine as NeedsMachine, Person as NeedsPerson, Privilege as Needs, Public, SignedIn,
};
use crate::access::{Gate, check};
use crate::audit::{EventJson, VerificationJson};
use crate::clients::{ClientJson, CreatedJson};
use crate::kind::Kind::{
    self, AlreadyExists, LastSecret, NotFound, NotRegenerable, NotRestorable, NotRevealable, OrganizationSuspended,
    SignInFailed, TooManyAttempts, TooManySecrets, WrongOneTimePassword,
};
use crate::openapi::{Arguments, Content, Reads, Success};
use crate::organizations::OrganizationJson;
use crate::query::PageJson;
use crate::reminders::RecipientJson;
use crate::resources::ResourceJson;
use crate::secrets::{AddedJson, RegeneratedJson, RevealedJson, SecretJson, SecretsJson};
use crate::session::SessionJson;
use crate::{
    Management, audit, clients, console, documentation, openapi, organizations, reminders, resources, secrets, session,
};

/// Every route there is; the router is made of nothing else, and neither is the description.
#[must_use]
pub fn routes() -> Vec<Route> {
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
        post("/v1/session", Public, session::sign_in)
            .makes::<SessionJson<'_>>("Sign in: sets the session cookie")
            .refuses(&[SignInFailed, OrganizationSuspended, TooManyAttempts]),
        get("/v1/session", SignedIn, session::show).shows::<SessionJson<'_>>("Show who is signed in"),
        delete("/v1/session", SignedIn, session::sign_out).ends("Sign out"),
        post("/v1/session/step-up", SignedIn, session::step_up)
            .shows::<SessionJson<'_>>("Enter another one-time password, for what needs one of the last minutes")
            .refuses(&[WrongOneTimePassword, TooManyAttempts]),
        get("/v1/organizations", Needs(ClientsRead), organizations::list).shows::<PageJson<OrganizationJson>>(
            "List organizations: an operator's are all, everybody else's their own",
        ),
        post("/v1/organizations", NeedsPerson(PlatformOperate), organizations::create)
            .makes::<OrganizationJson>("Make an organization")
            .refuses(&[AlreadyExists]),
        get("/v1/organizations/{organization}", Needs(ClientsRead), organizations::show)
            .shows::<OrganizationJson>("Show an organization"),
        patch("/v1/organizations/{organization}", NeedsPerson(OrganizationChange), organizations::update)
            .shows::<OrganizationJson>("Change an organization's name and settings, those alone that are given"),
        post("/v1/organizations/{organization}/suspend", NeedsPerson(PlatformOperate), organizations::suspend)
            .shows::<OrganizationJson>("Refuse everything to an organization's people, and tokens to its clients"),
        post("/v1/organizations/{organization}/resume", NeedsPerson(PlatformOperate), organizations::resume)
            .shows::<OrganizationJson>("Let an organization's people and clients go on as before"),
        get("/v1/resources", Needs(ClientsRead), resources::list)
            .shows::<PageJson<ResourceJson>>("List the whole catalogue of resources"),
        post("/v1/resources", NeedsPerson(PlatformOperate), resources::create)
            .makes::<ResourceJson>("Add a resource to the catalogue")
            .refuses(&[AlreadyExists]),
        get("/v1/clients", Needs(ClientsRead), clients::list)
            .shows::<PageJson<ClientJson>>("List the clients of an organization"),
        post("/v1/clients", Needs(ClientsChange), clients::create)
            .makes::<CreatedJson<'_>>("Make a client with its first secret, which is shown this once")
            .refuses(&[AlreadyExists, NotFound]),
        get("/v1/clients/{client_id}", Needs(ClientsRead), clients::show).shows::<ClientJson>("Show a client"),
        patch("/v1/clients/{client_id}", Needs(ClientsChange), clients::update)
            .shows::<ClientJson>("Change a client: the fields that are given"),
        delete("/v1/clients/{client_id}", Needs(ClientsChange), clients::delete)
            .ends("Delete a client for good; its client_id stays taken"),
        post("/v1/clients/{client_id}/enable", Needs(ClientsChange), clients::enable)
            .shows::<ClientJson>("Let a client get tokens"),
        post("/v1/clients/{client_id}/disable", Needs(ClientsChange), clients::disable)
            .shows::<ClientJson>("Let a client get no more tokens"),
        get("/v1/clients/{client_id}/secrets", Needs(ClientsRead), secrets::list).shows::<SecretsJson>(
            "List the secrets of a client, or the deleted ones that can be restored, oldest first",
        ),
        post("/v1/clients/{client_id}/secrets", Needs(SecretsManage), secrets::add)
            .makes::<AddedJson<'_>>("Add a secret, which is shown this once")
            .refuses(&[TooManySecrets]),
        post("/v1/clients/@me/secrets/regenerate", NeedsMachine(SecretsManage), secrets::regenerate_own)
            .makes::<RegeneratedJson<'_>>(
                "Make a successor to one of the machine's own secrets, the newest unless it names another",
            )
            .refuses(&[NotFound, TooManySecrets, NotRegenerable]),
        delete("/v1/clients/{client_id}/secrets/{secret_id}", Needs(SecretsManage), secrets::delete)
            .ends("Delete a secret: the next token request with it fails")
            .refuses(&[LastSecret]),
        post("/v1/clients/{client_id}/secrets/{secret_id}/regenerate", Needs(SecretsManage), secrets::regenerate)
            .makes::<RegeneratedJson<'_>>(
                "Make a successor, which is shown this once, and end a secret after an overlap",
            )
            .refuses(&[TooManySecrets, NotRegenerable])
            .with_step_up(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reveal", NeedsPerson(SecretsManage), secrets::reveal)
            .shows::<RevealedJson<'_>>("Show a secret again, where a copy was kept")
            .refuses(&[NotRevealable])
            .with_step_up(),
        post("/v1/clients/{client_id}/secrets/{secret_id}/restore", Needs(SecretsManage), secrets::restore)
            .shows::<SecretJson>("Bring a deleted secret back as it was")
            .refuses(&[TooManySecrets, NotRestorable]),
        post("/v1/clients/{client_id}/secrets/{secret_id}/deactivate", Needs(SecretsManage), secrets::deactivate)
            .shows::<SecretJson>("Switch a secret off"),
        post("/v1/clients/{client_id}/secrets/{secret_id}/reactivate", Needs(SecretsManage), secrets::reactivate)
            .shows::<SecretJson>("Switch a secret on again"),
        get("/v1/reminders/recipients", NeedsPerson(SecretsManage), reminders::list).shows::<PageJson<RecipientJson>>(
            "List who is reminded before something expires, and whether mail reaches them",
        ),
        post("/v1/reminders/recipients/{email}/retry", NeedsPerson(SecretsManage), reminders::retry)
            .shows::<RecipientJson>("Mail reminders to a recipient again after a mail did not arrive"),
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

    /// Adds the route with its access check in front.
    pub(crate) fn mount(self, router: Router<Arc<Management>>, app: &Arc<Management>) -> Router<Arc<Management>> {
        let path = format!("{}{}", app.issuer.path(), self.path);
        let route = format!("{} {}", self.method, self.path).into();
        let gate = Gate { app: Arc::clone(app), access: self.access, step_up: self.step_up, route };
        router.route(&path, self.handler.route_layer(middleware::from_fn_with_state(gate, check)))
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
        Route { method, path, access, step_up: false, summary, name, reads, success, refusals: &[], handler }
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
