// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Needs the lab. Every method of the helper for every kind of caller under
//! every policy: what polkit says is done, and nothing else. A method that is
//! added fails these tests until it stands in [`METHODS`].

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use nova_model::action::{Action, BUS_NAME, OBJECT_PATH};
use nova_model::plan::Plan;
use nova_tests::bus::{Answer, Client, alone};
use nova_tests::host::{Gone, digest, link};
use nova_tests::login::{Login, Place, User};
use nova_tests::ovs::Free;
use nova_tests::permission::{POLICY, Policy, Says, installed};
use nova_tests::program::{command, run, sh};
use nova_tests::wishes::{WISHES, scene};
use serde_json::{Value, json};

/// The methods and the action that polkit is asked about for each; those of the
/// plan for `Apply`, and another for the change of another user for `Rollback`.
const METHODS: [(&str, Action); 14] = [
    ("Apply", Action::CreateSwitch),
    ("Confirm", Action::Confirm),
    ("Detach", Action::Confirm),
    ("Extend", Action::Confirm),
    ("Forget", Action::ConfigureSwitch),
    ("History", Action::Observe),
    ("Observe", Action::Observe),
    ("OvsFlows", Action::Observe),
    ("Prepare", Action::Observe),
    ("PrepareUndo", Action::Observe),
    ("Rearm", Action::Observe),
    ("Rollback", Action::Confirm),
    ("Status", Action::Observe),
    ("Watch", Action::Observe),
];

/// What `Apply` is called with.
const WISH: &str = WISHES[0].0;
const MADE: &str = "nvs-new";
const KEPT: &str = r#"{"changes":[{"create_bridge":{"name":"nvs-kept"}}]}"#;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It was done.
    Done,
    /// polkit allows it; the helper does not, for it is another user's change.
    Foreign,
    /// A person would have to be asked.
    MustAsk,
    /// polkit does not allow it.
    Denied,
}

fn verdict(method: &str, answer: &Answer) -> Verdict {
    match answer {
        Ok(_) => Verdict::Done,
        Err((name, _)) if name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" => {
            Verdict::MustAsk
        }
        Err((name, text)) if name == "org.nova.Networking1.Error.NotAuthorised" => {
            if text.contains("polkit does not authorise org.nova.networking.") {
                return Verdict::Denied;
            }
            assert!(
                text.contains("only who applied the change"),
                "{method}: {text}"
            );
            Verdict::Foreign
        }
        Err(error) => panic!("{method}: {error:?}"),
    }
}

/// Not a test of its own: calls what it is told to, as the user who runs it.
#[test]
#[ignore = "started by the tests of this file as another user"]
fn act_obey() {
    let mut client = Client::connect();
    for line in std::io::stdin().lines() {
        let told: Vec<Value> = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |at: usize| told[at].as_str().unwrap();
        let number = |at: usize| u32::try_from(told[at].as_u64().unwrap()).unwrap();
        let answer = match (text(0), told.len()) {
            ("leave", _) => {
                client = Client::connect();
                Ok(String::new())
            }
            (method, 1) => client.call(method, &()),
            (method, 2) if told[1].is_u64() => client.call(method, &(number(1),)),
            (method, 2) => client.call(method, &(text(1),)),
            (method, 3) => client.call(method, &(text(1), number(2))),
            (method, _) => client.call(method, &(text(1), text(2), number(3))),
        };
        println!("\nanswer {}", serde_json::to_string(&answer).unwrap());
    }
}

/// A process of a user that calls the helper when told to.
struct Caller {
    name: &'static str,
    /// Which line of a policy is about it; root is told apart by polkit itself.
    who: Option<&'static str>,
    process: Child,
    tell: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Ends before its user goes.
    _login: Option<Login>,
    _user: Option<User>,
}

impl Caller {
    fn enter(name: &'static str, who: Option<&'static str>, place: Option<Place>) -> Self {
        let user = place.map(|_| User::add(name));
        let group = if name == "nobody" { "nogroup" } else { name };
        let program = std::env::current_exe().unwrap();
        // It waits to be logged in.
        let mut process = command(
            "setpriv",
            &[
                &format!("--reuid={name}"),
                &format!("--regid={group}"),
                "--clear-groups",
                "--inh-caps=-all",
                "sh",
                "-c",
                "read -r begin; exec \"$0\" \"$@\"",
                &program.display().to_string(),
                "--ignored",
                "--exact",
                "act_obey",
                "--nocapture",
                "--test-threads=1",
            ],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
        let login = place.map(|place| Login::of(&process, user.as_ref().unwrap().id(), place));
        let mut tell = process.stdin.take().unwrap();
        writeln!(tell, "begin").unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            name,
            who,
            process,
            tell,
            answers,
            _login: login,
            _user: user,
        }
    }

    fn call(&mut self, call: &Value) -> Answer {
        writeln!(self.tell, "{call}").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.answers.read_line(&mut line).unwrap(),
                0,
                "{} left",
                self.name
            );
            if let Some(answer) = line.strip_prefix("answer ") {
                return serde_json::from_str(answer).unwrap();
            }
        }
    }

    fn ask(&mut self, call: &Value) -> Verdict {
        let method = call[0].as_str().unwrap();
        let answer = self.call(call);
        verdict(&format!("{} calls {method}", self.name), &answer)
    }

    fn prepare(&mut self, wish: &str) -> Plan {
        let plan = self.call(&json!(["Prepare", wish])).unwrap();
        serde_json::from_str(&plan).unwrap()
    }

    fn apply(&mut self, plan: &Plan) -> Verdict {
        self.ask(&json!([
            "Apply",
            plan.id.to_string(),
            plan.digest.as_str(),
            60
        ]))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// nobody, who has no login; one who came from another host; two before this
/// host, of whom the second is active; and root.
fn callers() -> [Caller; 5] {
    [
        Caller::enter("nobody", Some("any"), None),
        Caller::enter("nvs-remote", Some("any"), Some(Place::Remote)),
        Caller::enter("nvs-inactive", Some("inactive"), Some(Place::Here)),
        Caller::enter("nvs-active", Some("active"), Some(Place::Here)),
        Caller::enter("root", None, None),
    ]
}

/// The host, a bridge of Open vSwitch, a change that is kept, and root's own
/// client, which puts right what others left.
struct Stage {
    root: Client,
    kept: Plan,
    _kept: Gone,
    _ovs: Free,
    _scene: (Gone, Gone, nova_tests::host::Cable),
}

impl Stage {
    fn set() -> Self {
        let scene = scene();
        let ovs = Free::new("nvs-ovs");
        let _ = sh("ip link delete nvs-kept; set -e; \
            ovs-vsctl add-br nvs-ovs -- set bridge nvs-ovs datapath_type=netdev")
        .ok();
        let root = Client::connect();
        let kept = root.prepare(KEPT).unwrap();
        root.apply(&kept, 0).unwrap();
        Self {
            root,
            kept,
            _kept: Gone("nvs-kept"),
            _ovs: ovs,
            _scene: scene,
        }
    }

    /// Has the caller call every method, and says what came of it. What is done
    /// is seen on the host and undone, what is not leaves it as it is.
    fn judge(&self, caller: &mut Caller, plans: &[Plan; 2]) -> BTreeMap<String, Verdict> {
        let kept = self.kept.id.to_string();
        let mut verdicts = BTreeMap::new();
        for reading in [
            json!(["Prepare", WISH]),
            json!(["PrepareUndo", kept]),
            json!(["History", 5]),
            json!(["Status"]),
            json!(["Observe"]),
            json!(["Watch"]),
            json!(["Rearm"]),
            json!(["Forget"]),
            json!(["OvsFlows", "nvs-ovs"]),
        ] {
            verdicts.insert(
                reading[0].as_str().unwrap().to_owned(),
                caller.ask(&reading),
            );
        }
        let applied = caller.apply(&plans[0]);
        verdicts.insert("Apply".to_owned(), applied);
        let is_own = applied == Verdict::Done;
        assert_eq!(link(MADE).is_some(), is_own, "{}", caller.name);
        let waiting = if is_own {
            plans[0].clone()
        } else {
            self.wait()
        };
        let id = waiting.id.to_string();
        for asking in [
            json!(["Extend", id, 60]),
            json!(["Detach", id]),
            json!(["Confirm", id]),
        ] {
            verdicts.insert(asking[0].as_str().unwrap().to_owned(), caller.ask(&asking));
        }
        let again = if verdicts["Confirm"] == Verdict::Done {
            let undo = self.root.call("PrepareUndo", &(id.as_str(),)).unwrap();
            let undo: Plan = serde_json::from_str(&undo).unwrap();
            self.root.apply(&undo, 0).unwrap();
            assert!(link(MADE).is_none());
            assert_eq!(caller.apply(&plans[1]), Verdict::Done);
            plans[1].clone()
        } else {
            waiting
        };
        assert!(link(MADE).is_some(), "{}", caller.name);
        let reverted = caller.ask(&json!(["Rollback", again.id.to_string()]));
        verdicts.insert("Rollback".to_owned(), reverted);
        assert_eq!(
            link(MADE).is_none(),
            reverted == Verdict::Done,
            "{}",
            caller.name
        );
        if reverted != Verdict::Done {
            self.root.decide("Rollback", &again).unwrap();
        }
        // Its watch ends with its connection.
        let _ = caller.call(&json!(["leave"]));
        verdicts
    }

    /// A change of root that waits.
    fn wait(&self) -> Plan {
        let plan = self.root.prepare(WISH).unwrap();
        self.root.apply(&plan, 60).unwrap();
        plan
    }
}

/// The methods that the helper shows on the bus.
fn shown() -> BTreeSet<String> {
    interface()
        .split("<method name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn interface() -> String {
    let shown = run(
        "busctl",
        &["--xml-interface", "introspect", BUS_NAME, OBJECT_PATH],
    )
    .ok();
    let own = shown
        .split_once("<interface name=\"org.nova.Networking1\">")
        .unwrap()
        .1;
    own.split_once("</interface>").unwrap().0.to_owned()
}

/// Who may do one of these may also keep or revert what came of it: the policy
/// says that they imply [`Action::Confirm`].
const IMPLYING: [Action; 6] = [
    Action::CreateSwitch,
    Action::DeleteSwitch,
    Action::ConfigureSwitch,
    Action::ChangePorts,
    Action::SetLink,
    Action::Mirror,
];

/// What a method should come to for a caller where the policy says this.
fn expected(method: &str, says: &Says, who: Option<&'static str>) -> Verdict {
    let Some(who) = who else { return Verdict::Done };
    let says = |action: Action| says[&(action.id().to_owned(), who)].as_str();
    let said = |action: Action| match says(action) {
        "yes" => Verdict::Done,
        _ if action == Action::Confirm && IMPLYING.map(says).contains(&"yes") => Verdict::Done,
        "no" => Verdict::Denied,
        _ => Verdict::MustAsk,
    };
    let is_own = said(Action::CreateSwitch) == Verdict::Done;
    match method {
        "Rollback" if !is_own => said(Action::RollbackForeign),
        "Confirm" | "Extend" | "Detach" if !is_own && said(Action::Confirm) == Verdict::Done => {
            Verdict::Foreign
        }
        _ => {
            let (_, action) = METHODS.iter().find(|(name, _)| *name == method).unwrap();
            said(*action)
        }
    }
}

#[test]
fn r03_every_method_for_every_caller_under_every_policy() {
    let _alone = alone();
    let stage = Stage::set();
    let mut callers = callers();
    let before = digest();
    let mut calls = 0;
    for policy in [
        None,
        Some(["yes"; 3]),
        Some(["auth_admin_keep"; 3]),
        Some(["no"; 3]),
        // One answer for each place: this is how the places are told apart.
        Some(["no", "auth_admin_keep", "yes"]),
    ] {
        let plans = callers
            .each_mut()
            .map(|caller| [caller.prepare(WISH), caller.prepare(WISH)]);
        let policy = policy.map(|[any, inactive, active]| {
            Policy::of(|_, who| match who {
                "any" => any,
                "inactive" => inactive,
                _ => active,
            })
        });
        let says = policy
            .as_ref()
            .map_or_else(installed, |policy| policy.says.clone());
        for (caller, plans) in callers.iter_mut().zip(&plans) {
            let verdicts = stage.judge(caller, plans);
            assert_eq!(
                verdicts.keys().cloned().collect::<BTreeSet<_>>(),
                shown(),
                "a method is not in the matrix"
            );
            calls += verdicts.len();
            for (method, verdict) in verdicts {
                assert_eq!(
                    verdict,
                    expected(&method, &says, caller.who),
                    "{} calls {method} where the policy says {says:?}",
                    caller.name
                );
            }
        }
        drop(policy);
        assert_eq!(digest(), before);
    }
    println!("{calls} verdicts");
}

#[test]
fn r03_each_method_and_each_change_is_judged_by_its_own_action_alone() {
    let _alone = alone();
    let stage = Stage::set();
    let mut nobody = Caller::enter("nobody", Some("any"), None);
    let before = digest();
    for denied in Action::ALL {
        let plans = [nobody.prepare(WISH), nobody.prepare(WISH)];
        let mut all = BTreeSet::from([denied]);
        if denied == Action::Confirm {
            all.extend(IMPLYING);
        }
        let policy = Policy::of(|action, _| {
            let is_denied = all.iter().any(|denied| denied.id() == action);
            if is_denied { "no" } else { "yes" }
        });
        for (method, verdict) in stage.judge(&mut nobody, &plans) {
            assert_eq!(
                verdict,
                expected(&method, &policy.says, Some("any")),
                "{method} without {denied:?}"
            );
        }
        for (wish, actions) in WISHES.iter().filter(|_| denied != Action::Observe) {
            let plan = nobody.prepare(wish);
            let needed: BTreeSet<Action> = actions.iter().copied().collect();
            assert_eq!(plan.actions, needed, "{wish}");
            let verdict = nobody.apply(&plan);
            assert_eq!(
                verdict == Verdict::Denied,
                !needed.is_disjoint(&all),
                "{wish} without {denied:?}"
            );
            if verdict == Verdict::Done {
                stage.root.decide("Rollback", &plan).unwrap();
            }
        }
        drop(policy);
        assert_eq!(digest(), before);
    }
}

#[test]
fn r03_policy_actions_and_methods_fit_each_other() {
    let _alone = alone();
    let policy = std::fs::read_to_string(POLICY).unwrap();
    let declared: BTreeSet<&str> = policy
        .split("<action id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let known: BTreeSet<&str> = Action::ALL.iter().map(|action| action.id()).collect();
    assert_eq!(declared, known);
    // How much a person has to do for it, from nothing to what cannot be done.
    let hardness = |verdict: &str| {
        let order = ["yes", "auth_admin_keep", "auth_admin", "no"];
        order.iter().position(|known| *known == verdict).unwrap()
    };
    let says = installed();
    for action in Action::ALL {
        let of = |who| says[&(action.id().to_owned(), who)].as_str();
        let is_reading = action == Action::Observe;
        assert_eq!(of("any") == "yes", is_reading, "{action:?}");
        assert_eq!(of("active") == "yes", is_reading, "{action:?}");
        assert!(
            hardness(of("inactive")) >= hardness(of("active")),
            "{action:?}"
        );
        // What lets others be listened to is asked for each time.
        let is_kept = ["any", "inactive", "active"]
            .map(of)
            .contains(&"auth_admin_keep");
        let each_time = [Action::Mirror, Action::RollbackForeign].contains(&action);
        assert_eq!(is_kept, !is_reading && !each_time, "{action:?}");
    }
    let own = interface();
    assert_eq!(
        shown(),
        METHODS
            .map(|(name, _)| name.to_owned())
            .into_iter()
            .collect()
    );
    assert!(!own.contains("<property"), "nothing can be set");
    let types: BTreeSet<&str> = own
        .split("type=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(types, BTreeSet::from(["s", "u"]), "flat types only (R6)");
}
