//! Accepting an invitation, and links that do not work.

use futures_util::future::join_all;
use serde_json::json;
use shared::domain::event::{Action, Actor};
use shared::domain::invitation::Invitation;
use shared::domain::privilege::{Privilege, Role};

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::invitations::{ACCEPT, INVITATIONS, OPEN, PASSWORD, acceptance, invitation, leads_nowhere, texts};
use crate::support::people::SESSION;

const ANA: &str = "ana@acme.example";

#[tokio::test]
async fn whoever_is_invited_chooses_a_password_sets_up_an_authenticator_and_is_signed_in() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (made, token) = app.invite(&owner, ANA, Role::CredentialManager).await;
    assert_eq!(
        (&made["status"], &made["role"], &made["mailed"]),
        (&json!("pending"), &json!("credential_manager"), &json!(true))
    );
    assert_eq!((&made["organization"], &made["purpose"]), (&json!("acme"), &json!("join")));
    assert_eq!(made["invited_by"]["email"], "owner@acme.example");

    let opened = app.open(&token).await.ok();
    assert_eq!((&opened["email"], &opened["organization_name"]), (&json!(ANA), &json!("Acme")));
    assert_eq!(opened["expires_at"], made["expires_at"]);
    let authenticator = &opened["authenticator"];
    let secret = authenticator["secret"].as_str().unwrap();
    let uri = authenticator["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Countersign:ana%40acme.example?"), "{uri}");
    assert!(uri.contains(&format!("secret={secret}")) && uri.contains("issuer=Countersign"), "{uri}");
    let svg = authenticator["qr_code_svg"].as_str().unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("<script"), "{svg}");

    let code = app.shown(authenticator);
    let answer = app.anonymous().post(ACCEPT, &acceptance(&token, &code)).await;
    let enrolled = answer.made();
    assert_eq!(
        (&enrolled["session"]["email"], &enrolled["session"]["role"]),
        (&json!(ANA), &json!("credential_manager"))
    );
    assert_eq!(texts(&enrolled["recovery_codes"]).len(), 10);
    let ana = app.anonymous().with_cookie(answer.cookie());
    let account = ana.get("/v1/account").await.ok();
    assert_eq!((&account["email"], &account["recovery_codes_left"]), (&json!(ANA), &json!(10)));
    assert_eq!(account["last_signed_in_at"], json!(app.now()));
    ana.get("/v1/clients").await.ok();

    // the code of the enrolment is used up with it
    let again = json!({ "email": ANA, "password": PASSWORD, "one_time_password": code });
    assert_eq!(app.anonymous().post(SESSION, &again).await.problem(), refusal(401, "sign-in-failed"));

    let list = owner.get(INVITATIONS).await.ok();
    assert_eq!(list["items"][0]["status"], "accepted");
    let actions = [Action::InvitationCreated, Action::InvitationOpened, Action::InvitationAccepted];
    let events = app.events(Some("acme")).await;
    let found: Vec<_> = events.iter().filter(|event| actions.contains(&event.what.action)).collect();
    assert_eq!(found.iter().map(|event| event.what.action).collect::<Vec<_>>(), actions);
    assert!(matches!(&found[2].by.actor, Actor::Administrator { email, .. } if email.as_str() == ANA));
    assert!(events.iter().all(|event| !format!("{event:?}").contains(&token[21..])), "the trail holds no token");
}

#[tokio::test]
async fn the_store_holds_neither_token_nor_password_nor_recovery_codes_nor_key() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, token) = app.invite(&owner, ANA, Role::Viewer).await;
    let newcomer = app.join(&token).await;
    let mut secrets = vec![token[21..].to_owned(), PASSWORD.to_owned(), newcomer.person.totp_secret.clone()];
    secrets.extend(newcomer.recovery_codes);
    secrets.push(newcomer.browser.cookie().split_once('=').unwrap().1.to_owned());
    for table in ["administrators", "audit-events", "attempts"] {
        let scan = app.stack.aws.dynamodb().scan().table_name(format!("countersign-{table}")).send().await.unwrap();
        let stored = format!("{:?}", scan.items());
        let found: Vec<_> = secrets.iter().filter(|secret| stored.contains(secret.as_str())).collect();
        assert!(found.is_empty(), "{table}: {found:?}");
    }
}

#[tokio::test]
async fn a_link_works_for_seven_days_to_the_second() {
    for (seconds, works) in
        [(Invitation::SECONDS - 1, true), (Invitation::SECONDS, false), (Invitation::SECONDS + 1, false)]
    {
        let app = App::start().await;
        let owner = app.owner().await;
        let (made, token) = app.invite(&owner, ANA, Role::Viewer).await;
        let opened = app.open(&token).await.ok();
        app.clock.advance(seconds);
        let code = app.shown(&opened["authenticator"]);
        let answer = app.anonymous().post(ACCEPT, &acceptance(&token, &code)).await;
        if works {
            answer.made();
            continue;
        }
        leads_nowhere(&answer);
        leads_nowhere(&app.open(&token).await);
        let owner = app.owner().await;
        let shown = &owner.get(INVITATIONS).await.ok()["items"][0];
        assert_eq!((&shown["id"], &shown["status"]), (&made["id"], &json!("expired")));
    }
}

#[tokio::test]
async fn a_wrong_a_used_a_withdrawn_and_a_replaced_link_lead_nowhere_and_are_all_alike() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, used) = app.invite(&owner, ANA, Role::Viewer).await;
    app.join(&used).await;
    let (made, withdrawn) = app.invite(&owner, "ben@acme.example", Role::Viewer).await;
    assert_eq!(owner.delete(&format!("{INVITATIONS}/{}", made["id"].as_str().unwrap())).await.status, 204);
    let (made, replaced) = app.invite(&owner, "cas@acme.example", Role::Viewer).await;
    owner.order(&format!("{INVITATIONS}/{}/resend", made["id"].as_str().unwrap())).await.ok();
    let new = app.invitation_token("cas@acme.example");
    assert_ne!(new, replaced);
    let mut wrong = new.clone();
    wrong.replace_range(wrong.len() - 1.., if new.ends_with('x') { "y" } else { "x" });
    for token in [used.as_str(), &withdrawn, &replaced, &wrong, "", "inv_", &"a".repeat(53)] {
        leads_nowhere(&app.open(token).await);
        leads_nowhere(&app.anonymous().post(ACCEPT, &acceptance(token, "123456")).await);
    }
    app.join(&new).await;
}

#[tokio::test]
async fn each_opening_shows_another_authenticator_and_the_last_one_counts() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, token) = app.invite(&owner, ANA, Role::Viewer).await;
    let first = app.open(&token).await.ok();
    let second = app.open(&token).await.ok();
    assert_ne!(first["authenticator"]["secret"], second["authenticator"]["secret"]);
    let of = |opened: &serde_json::Value| acceptance(&token, &app.shown(&opened["authenticator"]));
    let refused = app.anonymous().post(ACCEPT, &of(&first)).await;
    assert_eq!(refused.problem(), refusal(401, "wrong-one-time-password"));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::InvitationRefused);
    app.anonymous().post(ACCEPT, &of(&second)).await.made();
}

#[tokio::test]
async fn a_password_is_long_and_not_one_that_is_tried_first() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, token) = app.invite(&owner, "ana.souza@acme.example", Role::Viewer).await;
    let opened = app.open(&token).await.ok();
    let code = app.shown(&opened["authenticator"]);
    for weak in ["eleven char", "password1234", "qwertyuiop123", "ana.souza2026", "AcmeAcmeAcme", "countersign!!"] {
        let body = json!({ "token": token, "password": weak, "one_time_password": code });
        let answer = app.anonymous().post(ACCEPT, &body).await;
        assert_eq!(answer.wrong_fields(), ["password"], "{weak}");
        assert!(!answer.text.contains(weak), "{}", answer.text);
    }
    let long = json!({ "token": token, "password": "x".repeat(513), "one_time_password": code });
    assert_eq!(app.anonymous().post(ACCEPT, &long).await.wrong_fields(), ["password"]);
    app.anonymous().post(ACCEPT, &acceptance(&token, &code)).await.made();
}

#[tokio::test]
async fn the_mail_says_who_invites_to_what_and_nothing_in_it_runs() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "email": ANA, "name": "<img src=x>\"'&", "role": "viewer" });
    owner.post(INVITATIONS, &body).await.made();
    let mail = app.mail_to(ANA).pop().unwrap();
    assert_eq!(mail.subject, "You are invited to Acme on Countersign");
    let (html, text) = (mail.html.unwrap(), mail.text.unwrap());
    let link = format!("{}/console/#/invitation/{}", app.base, app.invitation_token(ANA));
    assert!(text.contains(&link) && html.contains(&format!("href=\"{link}\"")), "{html}");
    assert!(!html.contains("<img") && html.contains("&lt;img src=x&gt;&quot;&#39;&amp;"), "{html}");
    assert!(
        text.contains("owner@acme.example invites you") && text.contains("until 8 March 2026, 12:00 UTC"),
        "{text}"
    );
}

#[tokio::test]
async fn an_address_with_an_account_elsewhere_is_invited_alike_and_only_its_mailbox_is_told() {
    let app = App::start().await;
    let operator = app.operator().await;
    app.organization(&operator, "globex").await;
    let owner = app.owner().await;
    let free = owner.post(INVITATIONS, &invitation("nobody@globex.example", Role::Viewer)).await;
    let taken = owner.post(INVITATIONS, &invitation("owner@globex.example", Role::Viewer)).await;
    let alike = |answer: &crate::support::answer::Answer| {
        let mut json = answer.made();
        for name in ["id", "email"] {
            json[name].take();
        }
        json
    };
    assert_eq!(alike(&free), alike(&taken));
    let mail = app.mail_to("owner@globex.example").pop().unwrap().text.unwrap();
    assert!(!mail.contains("/invitation/") && mail.contains("has an account already"), "{mail}");
    assert!(app.mail_to("nobody@globex.example").pop().unwrap().text.unwrap().contains("/invitation/"));
    // of a colleague the inviter knows anyway
    let colleague = owner.post(INVITATIONS, &invitation("viewer@acme.example", Role::Viewer)).await;
    assert_eq!(colleague.problem(), refusal(409, "already-exists"));
}

#[tokio::test]
async fn of_two_links_to_one_address_the_first_makes_the_account() {
    let app = App::start().await;
    let operator = app.operator().await;
    let globex = app.organization(&operator, "globex").await;
    let (_, first) = app.invite(&app.owner().await, ANA, Role::Viewer).await;
    let (_, second) = app.invite(&globex, ANA, Role::Viewer).await;
    let opened = app.open(&second).await.ok();
    app.join(&first).await;
    let answer = app.anonymous().post(ACCEPT, &acceptance(&second, &app.shown(&opened["authenticator"]))).await;
    assert_eq!(answer.problem(), refusal(409, "already-exists"));
}

#[tokio::test]
async fn nobody_grants_what_they_lack_and_only_operators_operate() {
    let app = App::start().await;
    let manager = [Privilege::AdministratorsManage, Privilege::ClientsRead].into();
    let manager = app.signed_in(&app.hire("hr@acme.example", Some("acme"), manager).await).await;
    app.invite(&manager, ANA, Role::Viewer).await;
    let more = manager.post(INVITATIONS, &invitation("b@acme.example", Role::Owner)).await;
    assert_eq!(more.problem(), refusal(403, "missing-privilege"));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::PrivilegeRefused);
    let owner = app.owner().await;
    let operates = owner.post(INVITATIONS, &invitation("b@acme.example", Role::Operator)).await;
    assert_eq!(operates.wrong_fields(), ["privileges"]);
    let operator = app.operator().await;
    let elsewhere = json!({ "email": "b@x.example", "name": "B", "role": "viewer" });
    assert_eq!(operator.post(INVITATIONS, &elsewhere).await.wrong_fields(), ["privileges"]);
    for (wrong, field) in [
        (json!({ "email": "b@x.example", "name": "B" }), "role"),
        (json!({ "email": "b@x.example", "name": "B", "role": "viewer", "privileges": [] }), "privileges"),
        (json!({ "email": "b@x.example", "name": "B", "role": "king" }), "role"),
        (json!({ "email": "b@x.example", "name": "B", "privileges": ["clients:fly"] }), "privileges[0]"),
        (json!({ "email": "b", "name": "B", "role": "viewer" }), "email"),
    ] {
        assert_eq!(owner.post(INVITATIONS, &wrong).await.wrong_fields(), [field], "{wrong}");
    }
}

#[tokio::test]
async fn a_link_is_worth_what_its_inviter_may_grant_when_it_is_used() {
    let app = App::start().await;
    let hired = app.hire("hr@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let inviter = app.signed_in(&hired).await;
    let (made, token) = app.invite(&inviter, ANA, Role::Owner).await;
    let owner = app.owner().await;
    let path = format!("/v1/administrators/{}", app.account(&hired).await.id);
    owner.patch(&path, &json!({ "privileges": ["administrators:manage", "clients:read"] })).await.ok();
    leads_nowhere(&app.open(&token).await);
    // whoever sends it again vouches for it
    let resend = format!("{INVITATIONS}/{}/resend", made["id"].as_str().unwrap());
    assert_eq!(inviter.order(&resend).await.problem(), refusal(403, "missing-privilege"));
    owner.order(&resend).await.ok();
    let token = app.invitation_token(ANA);
    assert_eq!(owner.delete(&path).await.status, 204);
    app.join(&token).await;
}

#[tokio::test]
async fn an_invitation_that_is_over_is_neither_sent_again_nor_taken_back() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (made, token) = app.invite(&owner, ANA, Role::Viewer).await;
    app.join(&token).await;
    let path = format!("{INVITATIONS}/{}", made["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.problem(), refusal(409, "not-pending"));
    assert_eq!(owner.order(&format!("{path}/resend")).await.problem(), refusal(409, "not-pending"));
    assert_eq!(owner.delete(&format!("{INVITATIONS}/inv_AAAAAAAAAAAAAAAA")).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn an_expired_invitation_sent_again_works_for_another_seven_days() {
    let app = App::start().await;
    let (made, _) = app.invite(&app.owner().await, ANA, Role::Viewer).await;
    app.clock.advance(Invitation::SECONDS);
    let owner = app.owner().await;
    let again = owner.order(&format!("{INVITATIONS}/{}/resend", made["id"].as_str().unwrap())).await.ok();
    assert_eq!((&again["status"], &again["id"]), (&json!("pending"), &made["id"]));
    app.clock.advance(Invitation::SECONDS - 1);
    app.join(&app.invitation_token(ANA)).await;
}

#[tokio::test]
async fn nobodys_mailbox_is_filled_and_guessing_links_ends() {
    let app = App::start().await;
    let owner = app.owner().await;
    for _ in 0..10 {
        owner.post(INVITATIONS, &invitation(ANA, Role::Viewer)).await.made();
    }
    let more = owner.post(INVITATIONS, &invitation(ANA, Role::Viewer)).await;
    assert_eq!(more.problem(), refusal(429, "too-many-requests"));
    assert!(!more.header("retry-after").is_empty());
    assert_eq!(app.mail_to(ANA).len(), 10);
    owner.post(INVITATIONS, &invitation("ben@acme.example", Role::Viewer)).await.made();

    let guesses: Vec<_> = (0..100).map(|_| app.open("inv_AAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).collect();
    for guess in join_all(guesses).await {
        leads_nowhere(&guess);
    }
    let right = app.open(&app.invitation_token("ben@acme.example")).await;
    assert_eq!(right.problem(), refusal(429, "too-many-attempts"));
    app.clock.advance(15 * 60);
    app.open(&app.invitation_token("ben@acme.example")).await.ok();
}

#[tokio::test]
async fn a_page_of_another_site_uses_no_link() {
    let app = App::start().await;
    let (_, token) = app.invite(&app.owner().await, ANA, Role::Viewer).await;
    for path in [OPEN, ACCEPT] {
        let request = app.anonymous().request_from_elsewhere(reqwest::Method::POST, path);
        let request = request.header("origin", "https://evil.example").json(&acceptance(&token, "123456"));
        assert_eq!(crate::support::answer::send(request).await.problem(), refusal(403, "cross-origin"));
    }
}
