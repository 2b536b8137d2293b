// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The terminal, or what stands in its place.

use std::io::{self, IsTerminal as _, Write as _};

use nova_model::NovaError;

use crate::table::Style;

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// How tables are drawn.
    pub style: Style,
    /// Standard output is a terminal.
    pub is_interactive: bool,
}

/// Why a run ends early.
#[derive(Debug)]
pub enum Stop {
    /// An error a person can act on.
    Error(NovaError),
    /// Whoever read the output has gone: nothing is wrong.
    BrokenPipe,
    /// The change was undone, which the exit code is to tell.
    RolledBack,
}

impl From<NovaError> for Stop {
    fn from(error: NovaError) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::Error(NovaError::internal(format!(
            "the output could not be written: {error}"
        )))
    }
}

/// What a verb ends with.
pub type Outcome = Result<(), Stop>;

impl Terminal {
    /// The terminal of standard output. Colour where it is one, unless
    /// `NO_COLOR` is set or `TERM` says that it knows none.
    #[must_use]
    pub fn of_output() -> Self {
        let is_interactive = io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            style: Style {
                width: is_interactive.then(width).flatten(),
                is_coloured: is_interactive && !set("NO_COLOR") && !is_dumb,
            },
            is_interactive,
        }
    }

    /// Whether a person can be asked: somebody reads and somebody types.
    #[must_use]
    pub fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints text that ends its own lines.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn print(self, text: &str) -> Outcome {
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        Ok(output.flush()?)
    }

    /// Prints a document as JSON over several lines.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn print_json(self, document: &impl serde::Serialize) -> Outcome {
        let mut text = serde_json::to_string_pretty(document)
            .map_err(|error| NovaError::internal(format!("no JSON form: {error}")))?;
        text.push('\n');
        self.print(&text)
    }

    /// A heading between two tables.
    #[must_use]
    pub fn heading(self, text: &str) -> String {
        if self.style.is_coloured {
            format!("\x1b[1;34m{text}\x1b[0m\n")
        } else {
            format!("{text}\n")
        }
    }
}

/// Lines of the terminal of standard output, where it tells.
#[must_use]
pub fn height() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_row)).filter(|height| *height > 0)
}

fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// Says what went wrong on standard error: `nova: sentence`, then the remedy.
pub fn complain(error: &NovaError) {
    let mut text = format!("nova: {error}\n");
    if let Some(remedy) = error.remedy() {
        text.push_str(&format!("      {remedy}\n"));
    }
    tell(&text);
}

/// Says something to the person on standard error. That nobody reads it is no
/// reason to stop.
pub fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
