// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What polkit allows while a test runs. Without one of these the policy as
//! installed decides, and nobody is there to type a password.

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
