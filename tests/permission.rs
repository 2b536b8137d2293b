// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What polkit allows while a test runs. Without one of these the policy as
//! installed decides, and nobody is there to type a password.

use std::collections::BTreeMap;

use crate::program::{sh, within};

/// Nova's and libvirt's actions are allowed to one user until this is dropped.
#[derive(Debug)]
pub struct Allowed {
    file: String,
}

impl Allowed {
    /// Allows all of Nova and the management of libvirt to this user.
    ///
    /// # Panics
    /// Where polkit does not take the rule up.
    #[must_use]
    pub fn for_user(user: &str) -> Self {
        let file = format!("/etc/polkit-1/rules.d/00-allow-{user}.rules");
        let rule = format!(
            "polkit.addRule(function(action, subject) {{\n\
             \x20   var ours = action.id.indexOf(\"org.nova.networking.\") == 0 || action.id == \"org.libvirt.unix.manage\";\n\
             \x20   if (ours && subject.user == \"{user}\") return polkit.Result.YES;\n}});\n"
        );
        let _ = sh(&format!("cat > {file} <<'RULE'\n{rule}RULE")).ok();
        let allowed = Self { file };
        assert!(
            within(10, || is_allowed(user)),
            "polkit does not take up {}",
            allowed.file
        );
        allowed
    }
}

impl Drop for Allowed {
    fn drop(&mut self) {
        let _ = sh(&format!("rm -f {}", self.file));
        // polkit notices by itself; the next test must not race it.
        let _ = within(10, || !is_allowed("nova"));
    }
}

/// Asks polkit itself about a process of that user.
fn is_allowed(user: &str) -> bool {
    may(user, "create-switch")
}

fn may(user: &str, action: &str) -> bool {
    let check = format!("pkcheck --action-id org.nova.networking.{action} --process $$");
    crate::program::run_as(user, "sh", &["-c", &check]).code == 0
}

/// One of Nova's actions is denied to a user until this is dropped, whatever
/// the policy says.
#[derive(Debug)]
pub struct Denied {
    file: String,
}

impl Denied {
    /// Denies `org.nova.networking.` with this ending.
    ///
    /// # Panics
    /// Where polkit does not take the rule up.
    #[must_use]
    pub fn for_user(user: &str, action: &str) -> Self {
        let file = format!("/etc/polkit-1/rules.d/00-deny-{user}.rules");
        let rule = format!(
            "polkit.addRule(function(action, subject) {{\n\
             \x20   if (action.id == \"org.nova.networking.{action}\" && subject.user == \"{user}\") return polkit.Result.NO;\n}});\n"
        );
        let _ = sh(&format!("cat > {file} <<'RULE'\n{rule}RULE")).ok();
        let denied = Self { file };
        assert!(
            within(10, || !may(user, action)),
            "polkit does not take up {}",
            denied.file
        );
        denied
    }
}

impl Drop for Denied {
    fn drop(&mut self) {
        let _ = sh(&format!("rm -f {}", self.file));
        let _ = within(10, || may("nova", "observe"));
    }
}

/// Where Nova's actions are declared.
pub const POLICY: &str = "/usr/share/polkit-1/actions/org.nova.networking.policy";
/// Whom a policy tells apart: those without a login before this host, those
/// whose login there is not the active one, and the active one.
pub const WHO: [&str; 3] = ["any", "inactive", "active"];

/// What the policy of Nova's actions says, by action and by whom of [`WHO`].
pub type Says = BTreeMap<(String, &'static str), String>;

/// Reads the policy that is installed.
///
/// # Panics
/// Where it is not there or says nothing about somebody.
#[must_use]
#[allow(clippy::expect_used, reason = "the tests need the lab")]
pub fn installed() -> Says {
    let text = std::fs::read_to_string(POLICY).expect("Nova is installed");
    let mut says = Says::new();
    for part in text.split("<action id=\"").skip(1) {
        let (action, rest) = part.split_once('"').expect("an action");
        for who in WHO {
            let verdict = between(rest, who).expect("a verdict");
            says.insert((action.to_owned(), who), verdict.to_owned());
        }
    }
    says
}

fn between<'a>(text: &'a str, who: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<allow_{who}>"))?;
    Some(rest.split_once('<')?.0)
}

/// Nova's actions have another policy than the installed one until this is
/// dropped.
#[derive(Debug)]
pub struct Policy {
    installed: String,
    /// What it says.
    pub says: Says,
}

impl Policy {
    /// Has the policy say this about an action and those whom it tells apart.
    ///
    /// # Panics
    /// Where polkit does not start with it.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the tests need the lab")]
    pub fn of(verdict: impl Fn(&str, &str) -> &'static str) -> Self {
        let installed = std::fs::read_to_string(POLICY).expect("Nova is installed");
        let mut text = String::new();
        for (at, part) in installed.split("<action id=\"").enumerate() {
            let action = part.split('"').next().unwrap_or_default();
            let mut part = part.to_owned();
            for who in WHO.iter().filter(|_| at > 0) {
                let was = between(&part, who).expect("a verdict").to_owned();
                part = part.replace(
                    &format!("<allow_{who}>{was}<"),
                    &format!("<allow_{who}>{}<", verdict(action, who)),
                );
            }
            if at > 0 {
                text.push_str("<action id=\"");
            }
            text.push_str(&part);
        }
        install(&text);
        Self {
            installed,
            says: self::installed(),
        }
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        install(&self.installed);
    }
}

#[allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "the tests run as root in the lab"
)]
fn install(policy: &str) {
    std::fs::write(POLICY, policy).expect("the policy is written");
    let _ = sh("systemctl reset-failed polkit; systemctl restart polkit").ok();
}
