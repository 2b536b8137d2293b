// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the kernel said when it refused, and what that means to a person.

use nova_model::{ErrorKind, NovaError};
use rustix::io::Errno;

/// A request the kernel did not fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Its error number.
    pub(crate) errno: Errno,
    /// Its own sentence (extended acknowledgement), where it gave one.
    pub(crate) text: Option<String>,
}

impl Failure {
    pub(crate) const fn new(errno: Errno) -> Self {
        Self { errno, text: None }
    }

    /// This failure, of undoing what an earlier failure left.
    pub(crate) fn after<T>(self, earlier: &Result<T, Self>) -> Self {
        let text = match earlier {
            Ok(_) => self.said(),
            Err(first) => format!("{}; and undoing it: {}", first.said(), self.said()),
        };
        Self {
            text: Some(text),
            ..self
        }
    }

    /// Whether the object is gone: vanished between a look and a request.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.errno, Errno::NODEV | Errno::NXIO)
    }

    /// The sentence for a person; `object` is what the request was about:
    /// `bridge br0`.
    pub(crate) fn about(&self, object: &str) -> NovaError {
        let said = self.said();
        match self.errno {
            Errno::PERM => NovaError::new(
                ErrorKind::NotAuthorised,
                format!("{object}: this process may not change the network"),
            )
            .with_remedy("Nova's helper may, after an administrator agrees."),
            Errno::EXIST => NovaError::refused(format!("{object}: it exists already"))
                .with_remedy("Look at what is there now, then try again."),
            Errno::BUSY => NovaError::refused(format!("{object}: it is in use: {said}"))
                .with_remedy("Detach it from what uses it first."),
            Errno::OPNOTSUPP => NovaError::refused(format!(
                "{object}: the kernel or the link does not support it: {said}"
            )),
            Errno::NODEV | Errno::NXIO => {
                NovaError::not_found(format!("{object}: it vanished meanwhile"))
                    .with_remedy("Look at what is there now, then try again.")
            }
            Errno::LOOP => NovaError::refused(format!(
                "{object}: a bridge cannot be a port of a bridge, nor of itself"
            )),
            Errno::ACCESS
            | Errno::INVAL
            | Errno::RANGE
            | Errno::ADDRNOTAVAIL
            | Errno::NETUNREACH => {
                NovaError::refused(format!("{object}: the kernel refuses it: {said}"))
            }
            _ => NovaError::internal(format!("{object}: the kernel says: {said}")),
        }
    }

    /// What the kernel said, in its own words where it used any.
    fn said(&self) -> String {
        match &self.text {
            Some(text) => nova_model::name::printable(text.trim_end_matches('.')),
            None => {
                let text = std::io::Error::from(self.errno).to_string();
                match text.split_once(" (os error") {
                    Some((words, _)) => words.to_owned(),
                    None => text,
                }
            }
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::new(errno)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_sentence_is_in_the_error() {
        let failure = Failure {
            errno: Errno::INVAL,
            text: Some("Device is already a bridge port.".to_owned()),
        };
        let error = failure.about("bridge br0");
        assert_eq!(
            error.message(),
            "bridge br0: the kernel refuses it: Device is already a bridge port"
        );
    }

    #[test]
    fn an_error_number_alone_is_put_in_words() {
        assert_eq!(
            Failure::new(Errno::NOMEM).about("eth0").message(),
            "eth0: the kernel says: Cannot allocate memory"
        );
        assert_eq!(
            Failure::new(Errno::PERM).about("eth0").kind(),
            ErrorKind::NotAuthorised
        );
    }
}
