//! Random schedules of rotations: every valid token is accepted everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use key_rotation::event::Step;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::domain::time::plus_seconds;
use shared::keys::ring::KeyRing;
use shared::keys::rotation::{COPY_SECONDS, PUBLISHED_SECONDS, UNREAD_SECONDS};

use crate::support::rotation::{RotationFixture, Services, version};

/// How often everybody acts, in seconds.
const TICK: i64 = 900;
/// The longest life of a token, in seconds.
const TOKEN: i64 = 3_600;

/// Something that happens to the key set.
#[derive(Debug, Clone)]
enum Act {
    /// Time passes, in ticks.
    Wait(u16),
    /// The schedule rotates, or tries to.
    Rotate,
    /// A rotation is cut off after so many calls.
    CutOff { calls: u8, answer_lost: bool },
    /// A step of an earlier rotation is asked for once more.
    Repeat { step: u8, back: u8 },
    /// A pending version that no rotation made: what was current some rotations ago, or nonsense.
    Stray { back: u8, nonsense: bool },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1_u16..200).prop_map(Act::Wait),
        3 => Just(Act::Rotate),
        3 => (0_u8..20, any::<bool>()).prop_map(|(calls, answer_lost)| Act::CutOff { calls, answer_lost }),
        2 => (0_u8..4, 0_u8..4).prop_map(|(step, back)| Act::Repeat { step, back }),
        1 => (0_u8..4, any::<bool>()).prop_map(|(back, nonsense)| Act::Stray { back, nonsense }),
    ]
}

/// A process of the token endpoint: it reads the key set again after so many seconds.
struct Process {
    every: i64,
    read_at: Timestamp,
    ring: Arc<KeyRing>,
}

/// Everything that anybody does with the keys.
struct Everybody {
    processes: [Process; 2],
    /// Per key: when it was first published, and until when a token that it signed is good.
    published: BTreeMap<String, Timestamp>,
    good_until: BTreeMap<String, Timestamp>,
    signed: BTreeSet<String>,
    /// Copies of the public keys, with when they were made.
    copies: Vec<(Timestamp, Arc<KeyRing>)>,
    signers: BTreeMap<String, Arc<KeyRing>>,
    /// Pairs of key and copy that were tried.
    tried: BTreeSet<(String, String)>,
}

fn claims(now: Timestamp) -> shared::domain::access_token::Claims {
    use shared::domain::client::Environment;
    use shared::domain::id::{ClientId, OrganizationKey};
    let client_id = ClientId::parse("wallet-acme-reporting").unwrap();
    shared::domain::access_token::Claims {
        iss: "https://id.example".to_owned(),
        sub: client_id.clone(),
        aud: BTreeSet::new(),
        exp: plus_seconds(now, TOKEN).as_second(),
        iat: now.as_second(),
        nbf: now.as_second(),
        jti: "jti".to_owned(),
        client_id,
        scope: String::new(),
        org: OrganizationKey::parse("acme").unwrap(),
        env: Environment::Sandbox,
    }
}

impl Everybody {
    fn new(first: &Arc<KeyRing>, now: Timestamp) -> Self {
        let process = |every| Process { every, read_at: now, ring: Arc::clone(first) };
        Self {
            // one that reads as it should, and one that cannot until the last moment at which it may still sign
            processes: [process(300), process(UNREAD_SECONDS)],
            // nobody has a copy from before the first key
            published: published_keys(first)
                .into_iter()
                .map(|kid| (kid, plus_seconds(now, -PUBLISHED_SECONDS)))
                .collect(),
            good_until: BTreeMap::new(),
            signed: BTreeSet::new(),
            copies: Vec::new(),
            signers: BTreeMap::new(),
            tried: BTreeSet::new(),
        }
    }

    /// Everybody acts once: processes read, publish and sign; readers try each good token with each copy they may hold.
    fn act(&mut self, now: Timestamp, stored: &Arc<KeyRing>) -> Result<(), TestCaseError> {
        for process in &mut self.processes {
            if now >= plus_seconds(process.read_at, process.every - TICK) {
                (process.read_at, process.ring) = (now, Arc::clone(stored));
            }
        }
        let stored_keys = published_keys(stored);
        for kid in &stored_keys {
            self.published.entry(kid.clone()).or_insert(now);
        }
        for process in &self.processes {
            let kid = process.ring.signing_key.kid().to_owned();
            let since = self.published[&kid];
            prop_assert!(now >= plus_seconds(since, PUBLISHED_SECONDS), "{kid} signs at {now}, published at {since}");
            self.good_until.insert(kid.clone(), plus_seconds(now, TOKEN));
            self.signers.insert(kid.clone(), Arc::clone(&process.ring));
            self.signed.insert(kid);
            self.copies.push((now, Arc::clone(&process.ring)));
        }
        self.copies.retain(|(made, _)| now < plus_seconds(*made, COPY_SECONDS));
        self.good_until.retain(|_, until| now < *until);
        for kid in self.good_until.keys() {
            prop_assert!(stored_keys.contains(kid), "{kid} left while its tokens were good");
            for (made, copy) in &self.copies {
                if self.tried.insert((kid.clone(), copy.jwks.etag().to_owned())) {
                    let token = self.signers[kid].signing_key.sign(&claims(now)).unwrap();
                    let verified = copy.verifier.verify(&token, "https://id.example", now);
                    prop_assert!(verified.is_ok(), "a token of {kid} is refused by a copy of {made}: {verified:?}");
                }
            }
        }
        Ok(())
    }
}

/// The keys that are published.
fn published_keys(ring: &KeyRing) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_slice(ring.jwks.json()).unwrap();
    document["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn replay(services: &Services, acts: &[Act]) -> Result<usize, TestCaseError> {
    let fixture = RotationFixture::new(services).await;
    let ring = async || Arc::new(KeyRing::new(&fixture.keys().await).unwrap());
    let mut stored = ring().await;
    let mut everybody = Everybody::new(&stored, fixture.now());
    let (mut versions, mut values) = (Vec::new(), Vec::new());
    for (number, act) in acts.iter().enumerate() {
        let new_version = version(number as u64 + 1);
        match act {
            Act::Wait(ticks) => {
                for _ in 0..*ticks {
                    fixture.clock.advance(TICK);
                    everybody.act(fixture.now(), &stored)?;
                }
                continue;
            }
            Act::Rotate => drop(fixture.rotate().await),
            Act::CutOff { calls, answer_lost } => {
                fixture.fuse.cut_after(i64::from(*calls), *answer_lost);
                drop(fixture.rotate().await);
                fixture.fuse.mend();
            }
            Act::Repeat { step, back } => {
                let step = Step::ALL[usize::from(*step)];
                let known: Vec<&String> = versions.iter().rev().collect();
                if let Some(version) = known.get(usize::from(*back)) {
                    drop(fixture.take(step, version).await);
                }
            }
            Act::Stray { back, nonsense } => {
                let older: Vec<&String> = values.iter().rev().collect();
                let value = older.get(usize::from(*back)).filter(|_| !nonsense).map_or("nonsense", |value| value);
                fixture.put_stray(&new_version, value).await;
            }
        }
        let described = fixture.rotation.versions.describe().await.unwrap();
        for version in described.stages.keys() {
            if !versions.contains(version) {
                versions.push(version.clone());
            }
        }
        let value = fixture.keys().await.to_json().to_string();
        if values.last() != Some(&value) {
            values.push(value);
        }
        stored = ring().await;
        everybody.act(fixture.now(), &stored)?;
    }
    Ok(everybody.signed.len())
}

#[test]
fn no_schedule_of_rotations_and_interruptions_makes_anybody_refuse_a_good_token() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let services = Services::start();
    let most = std::cell::Cell::new(0);
    let configuration = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(configuration, |(acts in proptest::collection::vec(act(), 1..40))| {
        let signed = runtime.block_on(replay(&services, &acts))?;
        most.set(most.get().max(signed));
    });
    assert!(most.get() >= 4, "in no schedule did more than {} keys sign", most.get());
}
