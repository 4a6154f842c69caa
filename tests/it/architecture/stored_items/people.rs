//! Stored administrators, sessions and invitations.

use shared::domain::administrator::managers::Managers;
use shared::domain::administrator::{Administrator, SealedTotpKey};
use shared::domain::email::Email;
use shared::domain::event::Actor;
use shared::domain::id::{InvitationId, OrganizationKey, SessionId, Version};
use shared::domain::invitation::{Invitation, InvitationDigest, InvitationState, Purpose};
use shared::domain::privilege::Role;
use shared::domain::session::{NewSession, Session, SessionDigest, UserAgent};
use shared::domain::text::Name;
use shared::store::item;

use crate::architecture::stored_items::samples::{administrator, at, lines};

#[test]
fn an_administrator_and_the_address_are_stored_unchanged() {
    let administrator = administrator();
    let item = item::administrator::write(&administrator);
    assert_eq!(item::administrator::read(&item).unwrap(), administrator);
    insta::assert_snapshot!(lines(&item), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    email: {"S":"viewer@acme.example"}
    id: {"S":"adm_AAAAAAAAAAAAAAAA"}
    last_signed_in_at: {"S":"2026-03-02T07:59:00Z"}
    last_totp_step: {"N":"59000000"}
    listed_in: {"S":"acme"}
    name: {"S":"Viewer"}
    organization: {"S":"acme"}
    password: {"S":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"}
    pending_since: {"S":"2026-03-02T08:00:00Z"}
    pending_totp_key: {"S":"cGVuZGluZw"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    recovery_codes: {"L":[{"S":"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA"}]}
    session_epoch: {"N":"4"}
    totp_key: {"S":"c2VhbGVk"}
    version: {"N":"2"}
    "#);
    let address = item::administrator::write_email(&administrator);
    assert_eq!(item::administrator::read_owner(&address).unwrap(), administrator.id);
    insta::assert_snapshot!(lines(&address), @r#"
    administrator: {"S":"adm_AAAAAAAAAAAAAAAA"}
    id: {"S":"email#viewer@acme.example"}
    "#);
    let operator = Administrator { organization: None, ..administrator };
    let item = item::administrator::write(&operator);
    assert_eq!(item::administrator::read(&item).unwrap(), operator);
    assert!(lines(&item).contains(r#"listed_in: {"S":"@platform"}"#));
}

#[test]
fn a_session_is_stored_unchanged() {
    let digest = SessionDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned());
    let new = NewSession {
        id: SessionId::parse("ses_AAAAAAAAAAAAAAAA").unwrap(),
        digest,
        source: Some("203.0.113.7".parse().unwrap()),
        user_agent: UserAgent::of("Mozilla/5.0"),
    };
    let mut session = Session::begin(new, administrator().id, 4, at("2026-03-01T12:00:00Z"));
    session.last_seen_at = at("2026-03-01T12:05:00Z");
    let item = item::session::write(&session);
    assert_eq!(item::session::read(&item).unwrap(), session);
    insta::assert_snapshot!(lines(&item), @r#"
    administrator: {"S":"adm_AAAAAAAAAAAAAAAA"}
    authenticated_at: {"S":"2026-03-01T12:00:00Z"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    epoch: {"N":"4"}
    id: {"S":"session#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    last_seen_at: {"S":"2026-03-01T12:05:00Z"}
    listed_in: {"S":"sessions#adm_AAAAAAAAAAAAAAAA"}
    purge_at: {"N":"1772409600"}
    session_id: {"S":"ses_AAAAAAAAAAAAAAAA"}
    source: {"S":"203.0.113.7"}
    user_agent: {"S":"Mozilla/5.0"}
    "#);
}

#[test]
fn an_invitation_is_stored_unchanged_in_each_state() {
    let invitation = Invitation {
        approved: false,
        id: InvitationId::parse("inv_AAAAAAAAAAAAAAAA").unwrap(),
        purpose: Purpose::Join,
        email: Email::parse("newcomer@acme.example").unwrap(),
        name: Name::parse("Newcomer").unwrap(),
        organization: Some(OrganizationKey::parse("acme").unwrap()),
        privileges: Role::CredentialManager.privileges(),
        invited_by: Actor::Administrator { id: administrator().id, email: administrator().email },
        created_at: at("2026-03-01T12:00:00Z"),
        expires_at: at("2026-03-08T12:00:00Z"),
        state: InvitationState::Pending,
        digest: InvitationDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned()),
        totp_key: Some(SealedTotpKey("c2VhbGVk".to_owned())),
        version: Version(2),
    };
    let reset = Invitation {
        purpose: Purpose::Reset(administrator().id),
        organization: None,
        invited_by: Actor::System,
        state: InvitationState::Withdrawn { at: at("2026-03-02T12:00:00Z") },
        totp_key: None,
        ..invitation.clone()
    };
    let accepted =
        Invitation { state: InvitationState::Accepted { at: at("2026-03-02T12:00:00Z") }, ..invitation.clone() };
    for invitation in [&invitation, &reset, &accepted] {
        assert_eq!(item::invitation::read(&item::invitation::write(invitation)).unwrap(), *invitation);
    }
    insta::assert_snapshot!(lines(&item::invitation::write(&invitation)), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    digest: {"S":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    email: {"S":"newcomer@acme.example"}
    expires_at: {"S":"2026-03-08T12:00:00Z"}
    id: {"S":"invitation#inv_AAAAAAAAAAAAAAAA"}
    invited_by: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    invited_by_email: {"S":"viewer@acme.example"}
    listed_in: {"S":"invitations#acme"}
    name: {"S":"Newcomer"}
    organization: {"S":"acme"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    purge_at: {"N":"1775563200"}
    state: {"S":"pending"}
    totp_key: {"S":"c2VhbGVk"}
    version: {"N":"2"}
    "#);
    insta::assert_snapshot!(lines(&item::invitation::write(&reset)), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    digest: {"S":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    email: {"S":"newcomer@acme.example"}
    expires_at: {"S":"2026-03-08T12:00:00Z"}
    id: {"S":"invitation#inv_AAAAAAAAAAAAAAAA"}
    invited_by: {"S":"system"}
    listed_in: {"S":"invitations#@platform"}
    name: {"S":"Newcomer"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    purge_at: {"N":"1775044800"}
    resets: {"S":"adm_AAAAAAAAAAAAAAAA"}
    state: {"S":"withdrawn"}
    state_at: {"S":"2026-03-02T12:00:00Z"}
    version: {"N":"2"}
    "#);
}

#[test]
fn who_manages_administrators_is_stored_unchanged() {
    let managers = Managers {
        organization: Some(OrganizationKey::parse("acme").unwrap()),
        members: [administrator().id].into(),
        version: Version(3),
    };
    let item = item::administrator::write_managers(&managers);
    assert_eq!(item::administrator::read_managers(managers.organization.as_ref(), &item).unwrap(), managers);
    insta::assert_snapshot!(lines(&item), @r#"
    id: {"S":"managers#acme"}
    members: {"L":[{"S":"adm_AAAAAAAAAAAAAAAA"}]}
    version: {"N":"3"}
    "#);
}
