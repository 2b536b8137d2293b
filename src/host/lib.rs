// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! All talk with the kernel, by netlink and without a child process:
//! [`observe`] reads the host as it is, [`watch`] follows what changes,
//! [`stats`] counts, [`execute`] does and undoes the steps of a plan. Everything
//! blocks; whoever is asynchronous gives it a thread.
//!
//! Reading needs no privilege. Executing needs `CAP_NET_ADMIN`.

mod address;
mod attribute;
mod bridge;
pub mod execute;
mod failure;
mod link;
pub mod observe;
pub mod owner;
mod route;
mod socket;
pub mod stats;
pub mod watch;
