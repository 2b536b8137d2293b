// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The one error of Nova: what happened to which object, and what to do.

use serde::{Deserialize, Serialize};

/// The result of everything in Nova that can be refused or fail.
pub type Result<T> = std::result::Result<T, NovaError>;

/// What kind of thing went wrong. Behaviour hangs on the kind, never on the
/// text: exit code, bus error name and icon are each mapped once, here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value is outside what the field allows. Nothing has happened.
    InvalidValue,
    /// The plan refuses: the change would break something. Nothing has happened.
    Refused,
    /// polkit did not authorise the caller. Nothing has happened.
    NotAuthorised,
    /// The named object does not exist.
    NotFound,
    /// Another change is under way.
    Busy,
    /// The host moved on between the review and the apply. Nothing has happened.
    Stale,
    /// A step failed; everything done before it has been undone.
    RolledBack,
    /// A step failed and so did part of the undo; the message names what remains.
    Incomplete,
    /// A daemon that is needed is not running or not installed.
    DaemonMissing,
    /// Anything that should not happen: a protocol error, a full disk.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of the definition.
    pub const ALL: [Self; 10] = [
        Self::InvalidValue,
        Self::Refused,
        Self::NotAuthorised,
        Self::NotFound,
        Self::Busy,
        Self::Stale,
        Self::RolledBack,
        Self::Incomplete,
        Self::DaemonMissing,
        Self::Internal,
    ];

    /// The exit code of the command line for this kind.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::InvalidValue => 2,
            Self::Refused | Self::Busy | Self::Stale => 3,
            Self::NotAuthorised => 4,
            Self::NotFound => 5,
            Self::RolledBack | Self::Incomplete => 6,
            Self::DaemonMissing => 7,
        }
    }

    /// The last part of the D-Bus error name, below
    /// `org.nova.Networking1.Error.`.
    #[must_use]
    pub const fn bus_name(self) -> &'static str {
        match self {
            Self::InvalidValue => "InvalidValue",
            Self::Refused => "Refused",
            Self::NotAuthorised => "NotAuthorised",
            Self::NotFound => "NotFound",
            Self::Busy => "Busy",
            Self::Stale => "Stale",
            Self::RolledBack => "RolledBack",
            Self::Incomplete => "Incomplete",
            Self::DaemonMissing => "DaemonMissing",
            Self::Internal => "Internal",
        }
    }

    /// The kind whose [`bus_name`](Self::bus_name) this is.
    #[must_use]
    pub fn from_bus_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.bus_name() == name)
    }

    /// The icon of the freedesktop icon theme that stands beside the message.
    #[must_use]
    pub const fn icon_name(self) -> &'static str {
        match self {
            Self::InvalidValue | Self::Refused | Self::NotFound => "dialog-warning",
            Self::NotAuthorised => "dialog-password",
            Self::Busy | Self::Stale => "view-refresh",
            Self::RolledBack => "edit-undo",
            Self::DaemonMissing => "network-disconnect",
            Self::Incomplete | Self::Internal => "dialog-error",
        }
    }
}

/// An error that a person can act on.
///
/// `Display` gives one sentence, lower-case and without a full stop, that
/// names the object: `bridge br0: port eth0 already belongs to br1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{message}")]
pub struct NovaError {
    kind: ErrorKind,
    message: String,
    remedy: Option<String>,
    field: Option<String>,
}

impl NovaError {
    /// An error of this kind with its one sentence.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: None,
            field: None,
        }
    }

    /// A value that its field does not allow: names the field, the value and
    /// what is allowed.
    #[must_use]
    pub fn invalid(field: &str, value: impl std::fmt::Display, allowed: &str) -> Self {
        let value = crate::name::printable(&value.to_string());
        Self {
            kind: ErrorKind::InvalidValue,
            message: match value.is_empty() {
                true => format!("{field} is missing: {allowed}"),
                false => format!("{field} \"{value}\" is not possible: {allowed}"),
            },
            remedy: None,
            field: Some(field.to_owned()),
        }
    }

    /// A plan that would break something.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// An object that does not exist.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Something that should not happen.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds what the person can do about it, as a full sentence.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Names the input field the error belongs to.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what was being done, in front of the sentence.
    #[must_use]
    pub fn in_context(mut self, context: &str) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The one sentence, without the remedy.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the person can do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// The input field it belongs to, in the words of the command line
    /// (`forward-delay`).
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_bus_name() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_bus_name(kind.bus_name()), Some(kind));
        }
    }

    #[test]
    fn an_invalid_value_is_shown_without_control_characters() {
        let error = NovaError::invalid("name", "a\u{1b}[31m", "letters only");
        assert_eq!(
            error.to_string(),
            r#"name "a\x1b[31m" is not possible: letters only"#
        );
    }
}
