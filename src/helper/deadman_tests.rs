// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::time::Duration;

use nova_model::{ErrorKind, Result};

use crate::clock::Deadline;
use crate::deadman::watch;
use crate::lifeline::Lifeline;
use crate::simulated_host::Folder;

/// A dead-man that tells when it acts, until nobody was there for a second.
fn stand_by(folder: &Folder) -> mpsc::Receiver<()> {
    let listener = UnixListener::bind(folder.0.join("deadman")).unwrap();
    let (told, acts) = mpsc::channel();
    std::thread::spawn(move || {
        let mut act = || -> Result<()> {
            let _ = told.send(());
            Ok(())
        };
        watch(&listener, Duration::from_secs(1), &mut act).unwrap();
    });
    acts
}

fn far() -> Deadline {
    Deadline::after(Duration::from_secs(600))
}

#[test]
fn a_helper_that_rests_may_go() {
    let folder = Folder::new();
    let acts = stand_by(&folder);
    let lifeline = Lifeline::to(folder.0.join("deadman"));
    lifeline.arm(far()).unwrap();
    lifeline.renew(far().and(Duration::from_secs(9)));
    lifeline.rest();
    drop(lifeline);
    // The dead-man leaves without having acted.
    assert!(acts.recv_timeout(Duration::from_secs(20)).is_err());
}

#[test]
fn without_a_dead_man_nothing_is_begun() {
    let folder = Folder::new();
    let lifeline = Lifeline::to(folder.0.join("deadman"));
    let error = lifeline.arm(far()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DaemonMissing);
    let _acts = stand_by(&folder);
    assert!(lifeline.arm(far()).is_ok(), "it is asked again");
    // It would kill whoever leaves an armed line: this process.
    lifeline.rest();
}

#[test]
fn a_line_that_says_nothing_sensible_is_closed() {
    use std::io::{Read as _, Write as _};
    let folder = Folder::new();
    let acts = stand_by(&folder);
    for nonsense in ["arm\n", "arm x\n", "rest 1\n", "renew\n", &"x".repeat(500)] {
        let mut line = std::os::unix::net::UnixStream::connect(folder.0.join("deadman")).unwrap();
        line.write_all(nonsense.as_bytes()).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        assert!(matches!(line.read(&mut [0]), Ok(0) | Err(_)), "{nonsense}");
    }
    assert!(acts.recv_timeout(Duration::from_secs(20)).is_err());
}
