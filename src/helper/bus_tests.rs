// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The interface over a real bus of its own, with a polkit that only says yes,
//! no or nothing.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nova_model::action::{Action, BUS_NAME, OBJECT_PATH};
use tokio::sync::mpsc;
use zbus::connection::Builder;
use zbus::message::{Flags, Header, Message};
use zbus::{Connection, OwnedVariant};

use crate::bus::announce;
use crate::engine::Engine;
use crate::serve::put_on_bus;
use crate::simulated_host::{Folder, Simulated, workshop};
use crate::transaction::Workshop;

const BRIDGE: &str = r#"{"changes":[{"create_bridge":{"name":"br0"}}]}"#;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    No,
    /// A person must be asked; the answer is no.
    AskThenNo,
    /// A person must be asked and never answers.
    AskForever,
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    subject_kind: String,
    subject_name: String,
    pub(crate) action: String,
    pub(crate) details: HashMap<String, String>,
    pub(crate) asks: bool,
    cancellation: String,
}

#[derive(Clone)]
struct Polkit {
    verdict: Arc<Mutex<Verdict>>,
    questions: Arc<Mutex<Vec<Question>>>,
    withdrawn: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.freedesktop.PolicyKit1.Authority")]
impl Polkit {
    async fn check_authorization(
        &self,
        subject: (String, HashMap<String, OwnedVariant>),
        action: String,
        details: HashMap<String, String>,
        flags: u32,
        cancellation: String,
    ) -> zbus::fdo::Result<((bool, bool, HashMap<String, String>),)> {
        let name = subject
            .1
            .get("name")
            .and_then(|name| String::try_from(name.try_clone().ok()?).ok());
        let asks = flags & 1 != 0;
        self.questions.lock().unwrap().push(Question {
            subject_kind: subject.0,
            subject_name: name.unwrap_or_default(),
            action,
            details,
            asks,
            cancellation,
        });
        let verdict = *self.verdict.lock().unwrap();
        let (yes, challenge) = match (verdict, asks) {
            (Verdict::Yes, _) => (true, false),
            (Verdict::No, _) | (Verdict::AskThenNo, true) => (false, false),
            (Verdict::AskThenNo | Verdict::AskForever, false) => (false, true),
            (Verdict::AskForever, true) => std::future::pending().await,
            (Verdict::Broken, _) => {
                return Err(zbus::fdo::Error::Failed("/etc/shadow: root:$6$".to_owned()));
            }
        };
        Ok(((yes, challenge, HashMap::new()),))
    }

    fn cancel_check_authorization(&self, cancellation: String) {
        self.withdrawn.lock().unwrap().push(cancellation);
    }
}

/// A bus with polkit and the helper on it.
pub(crate) struct Bus {
    daemon: Child,
    address: String,
    polkit: Polkit,
    shop: Arc<Workshop<Simulated>>,
    _services: Vec<Connection>,
    _folder: Folder,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Bus {
    pub(crate) async fn start(verdict: Verdict) -> Self {
        let folder = Folder::new();
        let (daemon, address) = daemon(&folder);
        let polkit = Polkit {
            verdict: Arc::new(Mutex::new(verdict)),
            questions: Arc::default(),
            withdrawn: Arc::default(),
        };
        let authority = Builder::address(address.as_str())
            .name("org.freedesktop.PolicyKit1")
            .serve_at("/org/freedesktop/PolicyKit1/Authority", polkit.clone())
            .build()
            .await
            .unwrap();
        let shop = workshop(&folder);
        let (announcer, announcements) = mpsc::unbounded_channel();
        let engine = Engine::new(Arc::clone(&shop), announcer);
        let asking = connect(&address).await;
        let bus = Builder::address(address.as_str());
        let (bus, _) = put_on_bus(bus, asking, engine).await.unwrap();
        tokio::spawn(announce::<Simulated>(bus.clone(), announcements));
        Self {
            daemon,
            address,
            polkit,
            shop,
            _services: vec![authority, bus],
            _folder: folder,
        }
    }

    pub(crate) fn verdict(&self) -> std::sync::MutexGuard<'_, Verdict> {
        self.polkit.verdict.lock().unwrap()
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        self.polkit.questions.lock().unwrap().clone()
    }

    pub(crate) async fn client(&self) -> Connection {
        connect(&self.address).await
    }
}

#[allow(clippy::disallowed_methods, reason = "the bus of the test")]
fn daemon(folder: &Folder) -> (Child, String) {
    let config = folder.0.join("bus.conf");
    std::fs::write(
        &config,
        format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context='default'><allow send_destination='*' eavesdrop='true'/>\
             <allow eavesdrop='true'/><allow own='*'/></policy></busconfig>",
            folder.0.join("bus").display()
        ),
    )
    .unwrap();
    let mut daemon = std::process::Command::new("dbus-daemon")
        .arg("--nofork")
        .arg("--print-address")
        .arg(format!("--config-file={}", config.display()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tests need dbus-daemon");
    let mut address = String::new();
    BufReader::new(daemon.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    (daemon, address.trim().to_owned())
}

async fn connect(address: &str) -> Connection {
    Builder::address(address).build().await.unwrap()
}

/// Calls a method of the helper and gives the answer or the error's name and text.
pub(crate) async fn call<B: serde::Serialize + zbus::Type>(
    client: &Connection,
    method: &str,
    flags: Flags,
    body: &B,
) -> Result<String, (String, String)> {
    let message = Message::method_call(OBJECT_PATH, method)
        .destination(BUS_NAME)
        .interface(BUS_NAME)
        .with_flags(flags)
        .build(body)
        .unwrap();
    let serial = message.primary_header().serial_num();
    let mut replies = zbus::MessageStream::from(client);
    client.send(&message).await.unwrap();
    loop {
        let reply = futures_util::StreamExt::next(&mut replies)
            .await
            .unwrap()
            .unwrap();
        let header: Header<'_> = reply.header();
        if header.reply_serial() != Some(serial) {
            continue;
        }
        let text: String = reply.body().deserialize().unwrap_or_default();
        return match header.error_name() {
            None => Ok(text),
            Some(name) => Err((name.to_string(), text)),
        };
    }
}

/// Every method with arguments that pass as such.
async fn every_method(client: &Connection, flags: Flags) -> Vec<Result<String, (String, String)>> {
    let id = "0".repeat(32);
    vec![
        call(client, "Prepare", flags, &(BRIDGE,)).await,
        call(client, "PrepareUndo", flags, &(id.as_str(),)).await,
        call(client, "History", flags, &(5u32,)).await,
        call(client, "Status", flags, &()).await,
        call(client, "Confirm", flags, &(id.as_str(),)).await,
    ]
}

async fn prepare(client: &Connection) -> (String, String) {
    let plan = call(client, "Prepare", Flags::empty(), &(BRIDGE,))
        .await
        .unwrap();
    let plan: nova_model::plan::Plan = serde_json::from_str(&plan).unwrap();
    (plan.id.to_string(), plan.digest.as_str().to_owned())
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it did not happen"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_from_the_bus_to_the_host() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    let (id, digest) = prepare(&client).await;
    let entry = call(
        &client,
        "Apply",
        Flags::empty(),
        &(id.as_str(), digest.as_str(), 60u32),
    )
    .await
    .unwrap();
    assert!(entry.contains(r#""state":"pending""#), "{entry}");
    assert!(bus.shop.host.state.lock().unwrap().link("br0").is_some());
    let status = call(&client, "Status", Flags::empty(), &()).await.unwrap();
    assert!(status.contains(&id), "{status}");
    let entry = call(&client, "Rollback", Flags::empty(), &(id.as_str(),))
        .await
        .unwrap();
    assert!(entry.contains(r#""why":"asked""#), "{entry}");
    assert!(bus.shop.host.state.lock().unwrap().link("br0").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn r01_polkit_is_asked_about_the_bus_name_of_the_sender_alone() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    every_method(&client, Flags::empty()).await;
    let (id, digest) = prepare(&client).await;
    let _ = call(
        &client,
        "Apply",
        Flags::empty(),
        &(id.as_str(), digest.as_str(), 60u32),
    )
    .await;
    let _ = call(&client, "Rollback", Flags::empty(), &(id.as_str(),)).await;
    let questions = bus.questions();
    assert!(questions.len() >= 8, "{}", questions.len());
    let own = client.unique_name().unwrap().to_string();
    for question in questions {
        assert_eq!(question.subject_kind, "system-bus-name");
        assert_eq!(question.subject_name, own);
        assert!(
            Action::ALL
                .iter()
                .any(|action| action.id() == question.action)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_everything_but_a_clear_yes_is_a_no_and_nothing_happens() {
    for verdict in [Verdict::No, Verdict::AskThenNo, Verdict::Broken] {
        for flags in [Flags::empty(), Flags::ALLOW_INTERACTIVE_AUTH] {
            let bus = Bus::start(Verdict::Yes).await;
            let client = bus.client().await;
            let (id, digest) = prepare(&client).await;
            *bus.polkit.verdict.lock().unwrap() = verdict;
            let before = bus.shop.host.digest();
            let mut answers = every_method(&client, flags).await;
            answers.push(
                call(
                    &client,
                    "Apply",
                    flags,
                    &(id.as_str(), digest.as_str(), 60u32),
                )
                .await,
            );
            for answer in answers {
                let (name, text) = answer.unwrap_err();
                assert!(
                    name == "org.nova.Networking1.Error.NotAuthorised"
                        || name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
                    "{name}: {text}"
                );
                assert!(!text.contains("shadow"), "{text}");
            }
            assert_eq!(bus.shop.host.digest(), before);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_without_polkit_nothing_is_allowed() {
    let mut bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    drop(bus._services.remove(0).close().await);
    for answer in every_method(&client, Flags::ALLOW_INTERACTIVE_AUTH).await {
        let (name, _) = answer.unwrap_err();
        assert_eq!(name, "org.nova.Networking1.Error.NotAuthorised");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_the_dialog_names_what_will_change() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    let (id, digest) = prepare(&client).await;
    *bus.polkit.verdict.lock().unwrap() = Verdict::AskThenNo;
    let _ = call(
        &client,
        "Apply",
        Flags::ALLOW_INTERACTIVE_AUTH,
        &(id.as_str(), digest.as_str(), 0u32),
    )
    .await;
    let asked = bus
        .questions()
        .into_iter()
        .find(|question| question.asks)
        .unwrap();
    assert_eq!(asked.action, "org.nova.networking.create-switch");
    assert_eq!(asked.details["change"], "Create bridge br0");
    assert!(asked.details["polkit.message"].contains("$(change)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_a_message_longer_than_any_document_ends_before_polkit() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    let flood = "x".repeat(30 * 1024 * 1024);
    for method in ["Prepare", "PrepareUndo", "Confirm", "Rollback"] {
        let (name, text) = call(&client, method, Flags::empty(), &(flood.as_str(),))
            .await
            .unwrap_err();
        assert_eq!(name, "org.nova.Networking1.Error.InvalidValue", "{text}");
    }
    assert_eq!(bus.questions(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn r06_polkit_decides_before_the_document_is_read() {
    let bus = Bus::start(Verdict::No).await;
    let client = bus.client().await;
    let (name, _) = call(&client, "Prepare", Flags::empty(), &("{not json",))
        .await
        .unwrap_err();
    assert_eq!(name, "org.nova.Networking1.Error.NotAuthorised");
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_the_dialog_of_a_client_that_has_gone_is_withdrawn() {
    let bus = Bus::start(Verdict::AskForever).await;
    let client = bus.client().await;
    let message = Message::method_call(OBJECT_PATH, "Status")
        .destination(BUS_NAME)
        .interface(BUS_NAME)
        .with_flags(Flags::ALLOW_INTERACTIVE_AUTH)
        .build(&())
        .unwrap();
    client.send(&message).await.unwrap();
    until(|| bus.questions().iter().any(|question| question.asks)).await;
    client.close().await.unwrap();
    until(|| !bus.polkit.withdrawn.lock().unwrap().is_empty()).await;
    let asked: Vec<String> = bus
        .questions()
        .into_iter()
        .filter(|question| question.asks)
        .map(|question| question.cancellation)
        .collect();
    assert_eq!(*bus.polkit.withdrawn.lock().unwrap(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_a_person_sees_two_dialogs_at_most_and_others_go_on() {
    let bus = Bus::start(Verdict::AskForever).await;
    for _ in 0..2 {
        let client = bus.client().await;
        tokio::spawn(async move {
            let _ = call(&client, "Status", Flags::ALLOW_INTERACTIVE_AUTH, &()).await;
        });
    }
    until(|| {
        bus.questions()
            .iter()
            .filter(|question| question.asks)
            .count()
            == 2
    })
    .await;
    let client = bus.client().await;
    let (name, text) = call(&client, "Status", Flags::ALLOW_INTERACTIVE_AUTH, &())
        .await
        .unwrap_err();
    assert_eq!(name, "org.nova.Networking1.Error.Busy", "{text}");
    *bus.polkit.verdict.lock().unwrap() = Verdict::Yes;
    call(&client, "Status", Flags::empty(), &()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r08_nobody_is_asked_unless_the_message_allows_it() {
    let bus = Bus::start(Verdict::AskThenNo).await;
    let client = bus.client().await;
    for answer in every_method(&client, Flags::empty()).await {
        let (name, _) = answer.unwrap_err();
        assert_eq!(
            name,
            "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
        );
    }
    assert!(bus.questions().iter().all(|question| !question.asks));
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_an_unknown_key_is_refused_with_its_place() {
    let bus = Bus::start(Verdict::Yes).await;
    let client = bus.client().await;
    let document = r#"{"changes":[{"create_bridge":{"name":"br0","options":{"script":"/x"}}}]}"#;
    let (name, text) = call(&client, "Prepare", Flags::empty(), &(document,))
        .await
        .unwrap_err();
    assert_eq!(name, "org.nova.Networking1.Error.InvalidValue");
    assert!(
        text.contains("changes[0].create_bridge.options.script"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_a_connection_has_eight_calls_in_flight_at_most() {
    let bus = Bus::start(Verdict::AskForever).await;
    let client = bus.client().await;
    let calls = (0..40).map(|_| call(&client, "Status", Flags::ALLOW_INTERACTIVE_AUTH, &()));
    let refused = futures_util::StreamExt::collect::<Vec<_>>(futures_util::StreamExt::take(
        calls.collect::<futures_util::stream::FuturesUnordered<_>>(),
        38,
    ));
    let refused = tokio::time::timeout(Duration::from_secs(20), refused)
        .await
        .unwrap();
    assert!(refused.iter().all(|answer| {
        answer
            .as_ref()
            .is_err_and(|(name, _)| name == "org.nova.Networking1.Error.Busy")
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn r09_the_name_cannot_be_taken_over() {
    let bus = Bus::start(Verdict::Yes).await;
    let thief = bus.client().await;
    let taken = thief.request_name(BUS_NAME).await;
    assert!(matches!(taken, Err(zbus::Error::NameTaken)), "{taken:?}");
}
