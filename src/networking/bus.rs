// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The helper's interface on the system bus, and what its errors mean.

use nova_model::action::ERROR_PREFIX;
use nova_model::{ErrorKind, NovaError};
use zbus::fdo;

#[zbus::proxy(
    interface = "org.nova.Networking1",
    default_service = "org.nova.Networking1",
    default_path = "/org/nova/Networking1"
)]
pub(crate) trait Helper {
    #[zbus(allow_interactive_auth)]
    fn prepare(&self, changes: &str) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn prepare_undo(&self, id: &str) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn apply(&self, id: &str, digest: &str, confirm_within: u32) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn confirm(&self, id: &str) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn rollback(&self, id: &str) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn extend(&self, id: &str, seconds: u32) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn detach(&self, id: &str) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn forget(&self) -> zbus::Result<String>;
    #[zbus(allow_interactive_auth)]
    fn history(&self, limit: u32) -> zbus::Result<String>;
    #[zbus(name = "History")]
    fn history_unasked(&self, limit: u32) -> zbus::Result<String>;
    fn status(&self) -> zbus::Result<String>;
    fn observe(&self) -> zbus::Result<String>;
    fn watch(&self) -> zbus::Result<String>;
    fn ovs_flows(&self, bridge: &str) -> zbus::Result<String>;
    #[zbus(signal)]
    fn observed(&self, observation: &str) -> zbus::Result<()>;
    #[zbus(signal)]
    fn progress(&self, id: &str, done: u32, total: u32, title: &str) -> zbus::Result<()>;
    #[zbus(signal)]
    fn changed(&self, id: &str, state: &str) -> zbus::Result<()>;
}

/// There is no system bus.
pub(crate) fn no_bus(error: &zbus::Error) -> NovaError {
    NovaError::new(
        ErrorKind::DaemonMissing,
        format!("the system bus does not answer: {error}"),
    )
    .with_remedy("Start it with \"systemctl start dbus\".")
}

/// What a person reads of an error on the bus. An error of the helper comes
/// back as it was: its kind is in the name, the remedy in the second line.
pub(crate) fn from_bus(error: zbus::Error) -> NovaError {
    match error {
        zbus::Error::MethodError(name, text, _) => {
            let text = text.unwrap_or_default();
            match name
                .as_str()
                .strip_prefix(ERROR_PREFIX)
                .and_then(ErrorKind::from_bus_name)
            {
                Some(kind) => from_helper(kind, &text),
                None if name.as_str().starts_with("org.freedesktop.systemd1.") => {
                    not_installed(&text)
                }
                None => NovaError::internal(format!("the helper failed: {name}: {text}")),
            }
        }
        zbus::Error::FDO(error) => from_standard(*error),
        zbus::Error::InputOutput(error) => {
            NovaError::internal(format!("the connection to the system bus broke: {error}"))
        }
        error => NovaError::internal(format!("the helper could not be asked: {error}")),
    }
}

fn from_helper(kind: ErrorKind, text: &str) -> NovaError {
    let mut lines = text.lines();
    let error = NovaError::new(kind, lines.next().unwrap_or("the helper failed"));
    match lines.next() {
        // The helper cannot know what its client could do about it.
        _ if kind == ErrorKind::NotAuthorised => error.with_remedy(AUTHORISE),
        Some(remedy) => error.with_remedy(remedy),
        None => error,
    }
}

/// What to do where polkit refused or could not ask.
const AUTHORISE: &str =
    "Ask in a desktop session, where polkit can ask for a password, or use sudo.";

fn from_standard(error: fdo::Error) -> NovaError {
    match error {
        fdo::Error::ServiceUnknown(text)
        | fdo::Error::NameHasNoOwner(text)
        | fdo::Error::SpawnServiceNotFound(text)
        | fdo::Error::SpawnExecFailed(text)
        | fdo::Error::SpawnFileInvalid(text)
        | fdo::Error::SpawnFailed(text)
        | fdo::Error::SpawnChildExited(text)
        | fdo::Error::SpawnChildSignaled(text)
        // The bus has waited in vain for one that it had systemd start.
        | fdo::Error::TimedOut(text) => not_installed(&text),
        fdo::Error::AccessDenied(text) | fdo::Error::InteractiveAuthorizationRequired(text) => {
            NovaError::new(ErrorKind::NotAuthorised, format!("not authorised: {text}"))
                .with_remedy(AUTHORISE)
        }
        fdo::Error::NoReply(_) | fdo::Error::Disconnected(_) => {
            NovaError::internal("the helper ended before it answered").with_remedy(
                "What it had begun is undone when it starts again; \"nova network history\" tells.",
            )
        }
        error => NovaError::internal(format!("the helper could not be asked: {error}")),
    }
}

fn not_installed(text: &str) -> NovaError {
    tracing::debug!("{text}");
    NovaError::new(
        ErrorKind::DaemonMissing,
        "the helper that makes changes does not start: org.nova.Networking1",
    )
    .with_remedy(
        "Install Nova with its system files, or read \"journalctl --unit nova-helper\" where it is.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_helper_comes_back_with_its_remedy() {
        let error = from_helper(
            ErrorKind::Refused,
            "bridge br0: Nova did not make it\nDelete it all the same with \"--foreign\".",
        );
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.message(), "bridge br0: Nova did not make it");
        assert_eq!(
            error.remedy(),
            Some("Delete it all the same with \"--foreign\".")
        );
    }

    #[test]
    fn a_refusal_tells_where_a_password_can_be_asked() {
        let error = from_helper(ErrorKind::NotAuthorised, "not authorised");
        assert!(error.remedy().unwrap().contains("sudo"));
        let error = from_standard(fdo::Error::InteractiveAuthorizationRequired(String::new()));
        assert_eq!(error.kind(), ErrorKind::NotAuthorised);
    }

    #[test]
    fn a_helper_that_is_not_installed_is_a_missing_daemon() {
        let error = from_standard(fdo::Error::ServiceUnknown("no".to_owned()));
        assert_eq!(error.kind(), ErrorKind::DaemonMissing);
        assert!(error.remedy().is_some());
    }
}
