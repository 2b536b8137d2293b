// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The lab's virtual machine (`tests/lab/lab vm up`), whose kernel has what this
//! one may lack: VLAN filtering, 802.1Q, bonds, every classifier of tc. A test
//! for it runs itself there again, with the installed Nova.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::OnceLock;

use crate::program::{Ran, command, run, sh, within};

/// Set in the machine.
const INSIDE: &str = "NOVA_TEST_IN_MACHINE";
/// Set in the machine to the stage of the test that runs.
const STAGE: &str = "NOVA_TEST_STAGE";
/// How long the machine may take to boot.
const BOOT: u64 = 400;

/// What is taken there.
const INSTALLED: &str = "/usr/bin/nova /usr/libexec/nova-helper \
    /usr/lib/systemd/system/multi-user.target.wants/nova-*.service \
    /usr/share/dbus-1/system-services/org.nova.Networking1.service \
    /usr/share/dbus-1/system.d/org.nova.Networking1.conf \
    /usr/share/polkit-1/actions/org.nova.networking.policy \
    /usr/lib/systemd/system/nova-*";

/// What is taken there besides for a test of the window.
const WINDOW: &str = "/usr/bin/nova-desktop /usr/share/applications/org.nova.Networking.desktop \
    /usr/share/icons/hicolor/scalable/apps/org.nova.Networking.svg";

/// Whether this program runs in the machine.
#[must_use]
pub fn is_here() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The same as [`in_machine`], with the window installed and a desktop for it.
///
/// # Panics
/// Where the machine is not up, has no desktop, or the test fails there.
pub fn in_machine_with_window(test: &str, body: impl FnOnce()) {
    static SENT: OnceLock<()> = OnceLock::new();
    if !is_here() {
        SENT.get_or_init(|| {
            send(&format!("{INSTALLED} {WINDOW}"));
            let ran = there(&["/usr/local/lib/lab-desktop", "up"]);
            assert_eq!(ran.code, 0, "{ran:?}");
        });
    }
    once_there(test, body);
}

/// Runs the body of a test in the machine: this program again, for that test
/// alone.
///
/// # Panics
/// Where the machine is not up, or the test fails there.
pub fn in_machine(test: &str, body: impl FnOnce()) {
    static SENT: OnceLock<()> = OnceLock::new();
    if !is_here() {
        SENT.get_or_init(|| send(INSTALLED));
    }
    once_there(test, body);
}

fn once_there(test: &str, body: impl FnOnce()) {
    if is_here() {
        body();
        return;
    }
    // How long a random test is to be, and what it draws.
    let set = ["NOVA_RANDOM_PLANS", "PROPTEST_RNG_SEED"].map(|name| {
        let value = std::env::var(name).ok();
        value.map(|value| format!("{name}='{value}' "))
    });
    let set: String = set.into_iter().flatten().collect();
    let line =
        format!("{set}{INSIDE}=1 exec /root/test --exact {test} --nocapture --test-threads=1");
    let ran = there(&["sh", "-c", &line]);
    assert!(
        ran.code == 0 && ran.out.contains("1 passed"),
        "{}{}",
        ran.out,
        ran.err
    );
    print!("{}", ran.out);
}

/// What becomes of the machine after a stage of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It goes on.
    GoesOn,
    /// It is shut down in order and boots.
    Reboots,
    /// It is cut off in the midst of everything and boots: what was not flushed
    /// to its disk is lost.
    LosesPower,
}

/// Runs the stages of a test in the machine, one after the other, with what
/// becomes of the machine after each.
///
/// # Panics
/// Where the machine is not up, does not boot again, or a stage fails.
pub fn in_stages(test: &str, stages: &[(fn(), Then)]) {
    if let Some(stage) = std::env::var_os(STAGE) {
        let stage = stage.to_str().and_then(|stage| stage.parse::<usize>().ok());
        if let Some((body, _)) = stage.and_then(|stage| stages.get(stage)) {
            body();
        }
        return;
    }
    static SENT: OnceLock<()> = OnceLock::new();
    SENT.get_or_init(|| send(INSTALLED));
    for (number, (_, then)) in stages.iter().enumerate() {
        let line = format!(
            "{INSIDE}=1 {STAGE}={number} exec /root/test --exact {test} --nocapture --test-threads=1"
        );
        let ran = there(&["sh", "-c", &line]);
        assert!(
            ran.code == 0 && ran.out.contains("1 passed"),
            "stage {number}: {}{}",
            ran.out,
            ran.err
        );
        match then {
            Then::GoesOn => {}
            Then::Reboots => boot_by("sync; systemctl --no-block reboot"),
            // What is not on the disk yet is not written any more.
            Then::LosesPower => boot_by("sleep 1; echo b > /proc/sysrq-trigger"),
        }
    }
}

/// Has the machine boot by a command that is not waited for.
fn boot_by(line: &str) {
    let boot = || {
        let ran = sh(&format!(
            "timeout 20 {} cat /proc/sys/kernel/random/boot_id",
            door()
        ));
        (ran.code == 0).then(|| ran.out.trim().to_owned())
    };
    let before = boot();
    assert!(before.is_some(), "the machine does not answer");
    let later = format!("({line}) >/dev/null 2>&1 </dev/null &");
    let _ = there(&["sh", "-c", &later]);
    let is_new = || boot().is_some_and(|now| Some(now) != before);
    assert!(within(BOOT, is_new), "the machine does not boot again");
    let _ = there(&["systemctl", "is-system-running", "--wait"]);
}

/// The words that run a program in the machine.
fn door() -> String {
    let (python, channel, folder) = way();
    format!("{python} {channel} run {folder} --")
}

/// Takes what is installed there, and this test.
fn send(installed: &str) {
    let test = std::env::current_exe().unwrap_or_default();
    let pack = format!(
        "set -e; folder=$(mktemp -d); trap 'rm -r \"$folder\"' EXIT; \
         install -d \"$folder/root\"; cp -P --parents {installed} \"$folder\"; \
         strip -o \"$folder/root/test\" '{}'; \
         strip \"$folder\"/usr/bin/* \"$folder/usr/libexec/nova-helper\"; \
         tar -C \"$folder\" -czf - usr root",
        test.display()
    );
    let unpack = "tar -C / --no-overwrite-dir -xzf - && systemctl stop nova-helper 2>/dev/null; \
        systemctl daemon-reload && systemctl reload dbus && systemctl restart polkit && \
        nova network history --limit 1 >/dev/null 2>&1; sync; \
        systemctl is-active --quiet polkit";
    let (python, channel, folder) = way();
    let sent = sh(&format!(
        "{{ {pack}; }} | {python} {channel} run {folder} -- sh -c '{unpack}'"
    ));
    assert_eq!(sent.code, 0, "{sent:?}");
}

/// Runs a program in the machine.
///
/// # Panics
/// Where the machine is not up.
#[must_use]
pub fn there(words: &[&str]) -> Ran {
    let (python, channel, folder) = way();
    let mut all = vec![channel, "run", folder.as_str(), "--"];
    all.extend_from_slice(words);
    run(python, &all)
}

fn way() -> (&'static str, &'static str, String) {
    // Other labs have machines in that folder, too.
    let found = sh("systemctl show --property ExecStart lab-vm.service | \
        grep -o '/var/cache/lab-vm/[^/]*/port0'")
    .out;
    let folder = found
        .lines()
        .next()
        .and_then(|port| port.strip_suffix("/port0"));
    assert!(
        folder.is_some(),
        "this test needs the lab's machine: \"tests/lab/lab vm up\" starts it"
    );
    (
        "python3",
        "/nova/tests/lab/vm/channel.py",
        folder.unwrap_or_default().to_owned(),
    )
}

/// Listens on an interface of a network namespace while something happens, and
/// gives what tcpdump shows, one packet a line, with VLAN tags (`-e`).
///
/// # Panics
/// Where tcpdump is not there.
#[must_use]
pub fn overheard(namespace: &str, interface: &str, filter: &str, happens: impl FnOnce()) -> String {
    let mut words = vec!["netns", "exec", namespace, "tcpdump", "-i", interface];
    words.extend(["-e", "-n", "-l", "--immediate-mode", filter]);
    let mut listening = command("ip", &words);
    let child = listening
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return "tcpdump could not be run".to_owned();
    };
    // It says so once it listens.
    let mut said = String::new();
    if let Some(errors) = child.stderr.take() {
        use std::io::{BufRead as _, BufReader};
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            said.push_str(&line);
            if line.contains("listening on") {
                break;
            }
        }
    }
    happens();
    // What was sent is on its way; nothing says when nothing more comes.
    std::thread::sleep(std::time::Duration::from_millis(700));
    let _ = std::io::stdout().flush();
    let _ = run("kill", &["-INT", &child.id().to_string()]);
    match child.wait_with_output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => format!("{said}: {error}"),
    }
}
