// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the outside tests share: they run the installed programs as a person
//! would and read the effect with `ip`, `bridge` and `virsh`, never with Nova.
//!
//! The tests need the lab (`tests/lab/lab`): root, a system bus with polkit,
//! libvirt, and Nova installed by `make install`. Where that is missing they
//! fail and say so; they never skip.

pub mod administrator;
pub mod bus;
pub mod capture;
pub mod desktop;
pub mod faults;
pub mod focus;
pub mod host;
pub mod keyboard;
pub mod lan;
pub mod login;
pub mod machine;
pub mod notice;
pub mod ovs;
pub mod permission;
pub mod person;
pub mod program;
pub mod random;
pub mod reference;
pub mod seat;
pub mod wishes;
