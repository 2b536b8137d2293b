// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

use std::collections::HashSet;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nova_model::ErrorKind;
use nova_model::change::ChangeSet;
use nova_model::history::{ChangeState, RollbackReason};
use nova_model::ovs_conf::RowId;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::HostState;

use crate::clock::Deadline;
use crate::journal::{InUse, Journal};
use crate::record::{Made, Record};
use crate::recovery::{ended_meanwhile, recover};
use crate::simulated_host::{Folder, Simulated, Trouble, restarted, workshop};
use crate::transaction::{Transaction, Workshop};

const BRIDGE: &str = r#"{"changes":[{"create_bridge":{"name":"br0","options":{"stp":true},"ports":["eth0","eth1"]}}]}"#;

fn a_plan(state: &HostState, id: u128) -> Plan {
    let changes = ChangeSet::from_json(BRIDGE).unwrap();
    plan(state, &changes, PlanId::from_bits(id)).unwrap()
}

/// A change that goes as far as the trouble lets it, and is then forgotten as
/// by a helper that was killed.
/// What a helper that starts finds in the middle.
fn recovered(shop: &Arc<Workshop<Simulated>>) -> Vec<(PlanId, ChangeState)> {
    let recovered = recover(shop).unwrap();
    assert!(recovered.unread.is_none());
    recovered.ended
}

fn killed(shop: &Arc<Workshop<Simulated>>, trouble: Trouble, is_held: bool) {
    let plan = a_plan(&shop.host.state.lock().unwrap(), 7);
    *shop.host.trouble.lock().unwrap() = trouble;
    let mut change = Transaction::begin(shop, plan, 1000).unwrap();
    let ran = change.run(&|_| {});
    assert_eq!(ran.is_ok(), trouble == Trouble::None);
    if is_held {
        change
            .hold(Deadline::after(Duration::from_secs(60)))
            .unwrap();
    }
    drop(change);
    *shop.host.trouble.lock().unwrap() = Trouble::None;
}

#[test]
fn a_clock_that_is_set_back_does_not_make_an_older_change_the_newest() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let newest = |shop: &Arc<Workshop<Simulated>>| -> Vec<PlanId> {
        shop.journal
            .ids()
            .unwrap()
            .iter()
            .map(|(id, _)| *id)
            .collect()
    };
    let begin = |shop: &Arc<Workshop<Simulated>>, id| {
        let plan = a_plan(&shop.host.state.lock().unwrap(), id);
        drop(shop.journal.begin(&plan, 0).unwrap());
    };
    begin(&shop, 1);
    begin(&shop, 2);
    // The first was written while the clock was a day ahead.
    let name = format!("{}.jsonl", PlanId::from_bits(1));
    let file = std::fs::File::options()
        .append(true)
        .open(folder.0.join("journal").join(name))
        .unwrap();
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86_400);
    file.set_modified(tomorrow).unwrap();
    assert_eq!(newest(&shop), [2, 1].map(PlanId::from_bits));
    let shop = restarted(&folder, shop, "boot 1");
    begin(&shop, 3);
    assert_eq!(newest(&shop), [3, 2, 1].map(PlanId::from_bits));
}

#[test]
fn r29_a_helper_killed_anywhere_leaves_the_host_as_it_was() {
    let steps = a_plan(&Simulated::new().state.lock().unwrap(), 7)
        .steps
        .len();
    assert!(steps >= 4);
    let mut cases: Vec<(Trouble, bool)> = (0..steps)
        .flat_map(|at| [Trouble::FailsBefore(at), Trouble::FailsAfter(at)])
        .map(|trouble| (trouble, false))
        .collect();
    cases.extend([(Trouble::None, false), (Trouble::None, true)]);
    for (trouble, is_held) in cases {
        let folder = Folder::new();
        let shop = workshop(&folder);
        let before = shop.host.digest();
        killed(&shop, trouble, is_held);
        let shop = restarted(&folder, shop, "boot 1");
        let found = recovered(&shop);
        assert_eq!(
            found,
            [(
                PlanId::from_bits(7),
                ChangeState::RolledBack {
                    reason: RollbackReason::HelperStopped
                }
            )],
            "{trouble:?}"
        );
        assert_eq!(shop.host.digest(), before, "{trouble:?}");
        let shop = restarted(&folder, shop, "boot 1");
        shop.host.undone.store(0, Ordering::Relaxed);
        assert_eq!(recovered(&shop), [], "a second recovery does nothing");
        assert_eq!(shop.host.undone.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn r29_what_a_boot_took_away_is_only_noted() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    killed(&shop, Trouble::None, false);
    let after = shop.host.digest();
    let shop = restarted(&folder, shop, "boot 2");
    assert_eq!(recovered(&shop).len(), 1);
    assert_eq!(
        shop.host.digest(),
        after,
        "no step of another boot is undone"
    );
    assert!(
        !shop.journal.has_made("br0", 4),
        "a bridge of another boot is nobody's"
    );
}

#[test]
fn r29_what_an_undo_left_is_tried_again_after_the_next_boot_and_only_then() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    killed(&shop, Trouble::None, true);
    let shop = restarted(&folder, shop, "boot 1");
    shop.host.failing_undos.store(1000, Ordering::Relaxed);
    let left = recovered(&shop);
    assert!(
        matches!(left[..], [(_, ChangeState::Incomplete { .. })]),
        "{left:?}"
    );
    let shop = restarted(&folder, shop, "boot 1");
    assert_eq!(recovered(&shop), [], "in the same boot it has ended");
    let mut shop = shop;
    for boot in ["boot 2", "boot 3"] {
        shop = restarted(&folder, shop, boot);
        let again = recovered(&shop);
        match boot {
            "boot 2" => assert!(
                matches!(again[..], [(_, ChangeState::RolledBack { .. })]),
                "{again:?}"
            ),
            _ => assert_eq!(again, [], "what was undone has ended"),
        }
    }
}

#[test]
fn r29_what_no_undo_mends_is_left_to_the_person_after_three_boots() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    killed(&shop, Trouble::None, true);
    let shop = restarted(&folder, shop, "boot 1");
    shop.host.failing_undos.store(1000, Ordering::Relaxed);
    let (id, left) = recovered(&shop).remove(0);
    let is_left_before = |boot| shop.journal.read(id).unwrap().left_before(boot);
    for boot in ["boot 2", "boot 3", "boot 4"] {
        assert!(is_left_before(boot), "{boot}");
        // How often somebody asks for it meanwhile does not count.
        for _ in 0..2 {
            let mut pen = shop.journal.resume(id);
            pen.write(&Record::Again(boot.to_owned())).unwrap();
            pen.end(&left).unwrap();
        }
    }
    assert!(!is_left_before("boot 5"));
}

#[test]
fn r25_what_the_dead_man_ended_is_told_by_the_next_helper() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    killed(&shop, Trouble::None, true);
    let shop = restarted(&folder, shop, "boot 1");
    assert!(ended_meanwhile(&shop.journal).unwrap().is_empty());
    let by_dead_man = recovered(&shop);
    assert_eq!(by_dead_man.len(), 1);
    let shop = restarted(&folder, shop, "boot 1");
    assert_eq!(ended_meanwhile(&shop.journal).unwrap(), by_dead_man);
}

#[test]
fn r29_a_torn_last_line_is_tolerated() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let before = shop.host.digest();
    killed(&shop, Trouble::None, false);
    let file = folder.0.join("journal").join(format!("{:032x}.jsonl", 7));
    let mut torn = std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap();
    torn.write_all(br#"{"end":{"state":"confir"#).unwrap();
    drop(torn);
    let shop = restarted(&folder, shop, "boot 1");
    assert_eq!(recovered(&shop).len(), 1);
    assert_eq!(shop.host.digest(), before);
    assert!(
        shop.journal
            .read(PlanId::from_bits(7))
            .unwrap()
            .end
            .is_some()
    );
}

#[test]
fn a_file_without_its_first_line_says_nothing_and_stops_nobody() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let file = |id: u128| folder.0.join("journal").join(format!("{id:032x}.jsonl"));
    let lay = |id: u128, text: &[u8]| {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file(id))
            .unwrap();
        file.write_all(text).unwrap();
    };
    lay(9, b"\xff\xfe{\n");
    lay(10, b"");
    killed(&shop, Trouble::None, false);
    let shop = restarted(&folder, shop, "boot 1");
    assert_eq!(recovered(&shop).len(), 1);
    let says = shop.journal.read(PlanId::from_bits(9)).unwrap_err();
    assert_eq!(says.kind(), ErrorKind::NotFound, "{says}");
    // What a killed helper left of a change that it had not begun is not told again.
    assert!(file(9).exists() && !file(10).exists());
}

#[test]
fn r18_a_link_in_the_folder_leads_nowhere() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let id = PlanId::from_bits(11);
    let victim = folder.0.join("victim");
    std::fs::create_dir(&victim).unwrap();
    let file = folder.0.join("journal").join(format!("{id}.jsonl"));
    symlink("/etc/passwd", &file).unwrap();
    let error = shop.journal.read(id).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!error.message().contains("root"), "{error}");
    let state = shop.host.state.lock().unwrap().clone();
    assert!(shop.journal.begin(&a_plan(&state, 11), 0).is_err());
    let told = ChangeState::Confirmed;
    assert!(shop.journal.resume(id).end(&told).is_err());
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    assert!(!passwd.contains("confirmed"));
}

#[test]
fn r21_files_are_readable_by_their_owner_alone() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    killed(&shop, Trouble::None, false);
    let journal = folder.0.join("journal");
    assert_eq!(std::fs::metadata(&journal).unwrap().mode() & 0o777, 0o700);
    for file in std::fs::read_dir(journal).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_second_helper_does_not_get_the_journal() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let second = Journal::open(&folder.0, "boot 1".to_owned(), Duration::ZERO);
    assert_eq!(second.err().unwrap().kind(), ErrorKind::Busy);
    drop(shop);
    assert!(Journal::open(&folder.0, "boot 1".to_owned(), Duration::ZERO).is_ok());
}

#[test]
fn r33_a_change_is_not_forgotten_while_what_it_made_is_there() {
    let folder = Folder::new();
    let shop = workshop(&folder);
    let names: Vec<String> = (0..1010).map(|at| format!("br{at}")).collect();
    for (id, name) in (1..).zip(&names) {
        let document = format!(r#"{{"changes":[{{"create_bridge":{{"name":"{name}"}}}}]}}"#);
        let changes = ChangeSet::from_json(&document).unwrap();
        // On an empty host each time: it is about the journal.
        let plan = plan(&HostState::default(), &changes, PlanId::from_bits(id)).unwrap();
        let mut pen = shop.journal.begin(&plan, 0).unwrap();
        let made = Made {
            name: name.clone(),
            index: u32::try_from(id).unwrap(),
        };
        pen.write(&Record::Made(made)).unwrap();
        pen.write(&Record::MadeRows(vec![RowId(name.clone())]))
            .unwrap();
        pen.end(&ChangeState::Confirmed).unwrap();
    }
    let in_use = InUse {
        marks: HashSet::from([PlanId::from_bits(1)]),
        made: HashSet::from([Made {
            name: "br1".to_owned(),
            index: 2,
        }]),
        rows: HashSet::from([RowId("br2".to_owned())]),
    };
    shop.journal.prune(|| Ok(in_use)).unwrap();
    let kept: Vec<bool> = (1..=11)
        .map(|id| shop.journal.has(PlanId::from_bits(id)))
        .collect();
    assert_eq!(kept[..3], [true; 3]);
    assert_eq!(
        kept[3..],
        [false, false, false, false, false, false, false, true]
    );
}
