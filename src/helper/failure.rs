// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What crosses the bus when something is refused or fails.

use nova_model::action::ERROR_PREFIX;
use nova_model::{ErrorKind, NovaError};
use zbus::message::{Header, Message};
use zbus::names::ErrorName;

/// The error reply of a method.
#[derive(Debug)]
pub enum Failure {
    /// `org.nova.Networking1.Error.<Kind>`: the sentence and, on a second line,
    /// the remedy.
    Refused(Box<Refusal>),
    /// `org.freedesktop.DBus.Error.InteractiveAuthorizationRequired`: polkit
    /// would ask the person, and the message does not allow it.
    MustAsk(String),
}

/// An error of the model in the form of the bus.
#[derive(Debug)]
pub struct Refusal {
    name: String,
    text: String,
    error: NovaError,
}

impl Failure {
    /// The word for the audit: what became of the call.
    pub fn outcome(&self) -> String {
        match self {
            Self::Refused(refusal) => {
                let error = &refusal.error;
                format!("{}: {}", error.kind().bus_name(), error.message())
            }
            Self::MustAsk(_) => "InteractiveAuthorizationRequired".to_owned(),
        }
    }
}

impl From<NovaError> for Failure {
    fn from(error: NovaError) -> Self {
        let text = match error.remedy() {
            Some(remedy) => format!("{}\n{remedy}", error.message()),
            None => error.message().to_owned(),
        };
        Self::Refused(Box::new(Refusal {
            name: format!("{ERROR_PREFIX}{}", error.kind().bus_name()),
            text,
            error,
        }))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        NovaError::internal(format!("the answer has no JSON form: {error}")).into()
    }
}

impl zbus::DBusError for Failure {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name()).build(&self.description().unwrap_or_default())
    }

    fn name(&self) -> ErrorName<'_> {
        match self {
            Self::Refused(refusal) => {
                ErrorName::try_from(refusal.name.as_str()).unwrap_or_else(|_| {
                    ErrorName::from_static_str_unchecked("org.freedesktop.DBus.Error.Failed")
                })
            }
            Self::MustAsk(_) => ErrorName::from_static_str_unchecked(
                "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
            ),
        }
    }

    fn description(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.text),
            Self::MustAsk(text) => Some(text),
        }
    }
}

/// An error of the kernel or the disk where nothing else says it better.
pub fn internal(doing: &str, error: impl std::fmt::Display) -> NovaError {
    NovaError::new(ErrorKind::Internal, format!("{doing}: {error}"))
}

#[cfg(test)]
mod tests {
    use zbus::DBusError as _;

    use super::*;

    #[test]
    fn the_remedy_stands_on_the_second_line() {
        let failure = Failure::from(NovaError::refused("no").with_remedy("Do that."));
        assert_eq!(failure.name(), "org.nova.Networking1.Error.Refused");
        assert_eq!(failure.description(), Some("no\nDo that."));
    }
}
