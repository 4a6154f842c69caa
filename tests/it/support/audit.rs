//! Stored audit events.

use countersign::demo;
use countersign::names::TABLE_PREFIX;
use shared::domain::event::{Action, Actor, Attribution, Event, NewEvent, Target, Trail};
use shared::domain::id::{OrganizationKey, RequestId};
use shared::entropy;
use shared::store::{item, schema};

use crate::support::app::App;

impl App {
    /// What the deployment itself does now.
    pub fn by_the_system(&self) -> Attribution {
        let request_id = RequestId::random(&mut entropy::os_rng());
        Attribution { actor: Actor::System, source: None, request_id, at: self.now() }
    }

    /// Every event of an organization or, with none, of the deployment itself, oldest first.
    pub async fn events(&self, organization: Option<&str>) -> Vec<Event> {
        let trail = Trail::of(organization.map(|key| OrganizationKey::parse(key).unwrap()).as_ref());
        let (mut events, mut from) = (Vec::new(), None);
        loop {
            let page = self.stack.trail.page(&trail, from.as_ref(), 100).await.unwrap();
            events.extend(page.items);
            from = page.next;
            if from.is_none() {
                events.reverse();
                return events;
            }
        }
    }

    pub async fn last_event(&self, organization: Option<&str>) -> Event {
        let trail = Trail::of(organization.map(|key| OrganizationKey::parse(key).unwrap()).as_ref());
        self.stack.trail.page(&trail, None, 1).await.unwrap().items.remove(0)
    }

    /// How many events of a kind there are.
    pub async fn count_events(&self, organization: Option<&str>, action: Action) -> usize {
        self.events(organization).await.iter().filter(|event| event.what.action == action).count()
    }
}

pub fn acme() -> OrganizationKey {
    OrganizationKey::parse(demo::ORGANIZATION).unwrap()
}

/// Puts an event at the last place that a trail has, so that no other finds a place behind it.
pub async fn fill_up_trail(app: &App, trail: Trail) {
    let event = NewEvent {
        trail,
        action: Action::OrganizationUpdated,
        target: Target::Organization(acme()),
        changes: Vec::new(),
    };
    let last = item::event::write(&event, &app.by_the_system(), u64::MAX, item::event::FIRST_PREVIOUS);
    let put = app.stack.aws.dynamodb().put_item().table_name(schema::AUDIT_EVENTS.name_in(TABLE_PREFIX));
    put.set_item(Some(last)).send().await.unwrap();
}
