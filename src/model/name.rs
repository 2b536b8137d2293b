// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Names of links: those seen on the host, which may hold any byte, and those
//! Nova accepts as input.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{NovaError, Result};

/// Longest name of a link in bytes (`IFNAMSIZ` less its terminating zero).
pub const MAX_NAME_BYTES: usize = 15;

/// The text with everything escaped that could move a cursor, hide text or
/// forge a line: C0 and C1 controls, `DEL` and bidirectional marks.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_printable(&mut shown, c);
    }
    shown
}

fn push_printable(shown: &mut String, c: char) {
    match c {
        '\0'..='\x1f' | '\x7f' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => shown.push(c),
    }
}

/// The name of a link as the kernel reports it: up to fifteen bytes that need
/// not be UTF-8. `Display`, `Debug` and JSON give it escaped, so no name can
/// reach a terminal, a log or a document raw.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkName(#[cfg_attr(feature = "schema", schemars(with = "String"))] Vec<u8>);

impl LinkName {
    /// The name made of these bytes, as they came from the kernel.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes as the kernel holds them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is exactly this text.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0 == text.as_bytes()
    }

    /// Whether it begins with this text.
    #[must_use]
    pub fn starts_with(&self, text: &str) -> bool {
        self.0.starts_with(text.as_bytes())
    }

    /// The same name as input, where it is one that Nova accepts.
    ///
    /// # Errors
    /// `InvalidValue` for names Nova does not address, see [`InterfaceName`].
    pub fn to_interface_name(&self) -> Result<InterfaceName> {
        let text = std::str::from_utf8(&self.0).map_err(|_| {
            NovaError::invalid("name", self, "the name is not UTF-8, rename the link first")
        })?;
        InterfaceName::try_from(text.to_owned())
    }
}

impl From<&str> for LinkName {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<&InterfaceName> for LinkName {
    fn from(name: &InterfaceName) -> Self {
        Self::from(name.as_str())
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            chunk
                .valid()
                .chars()
                .for_each(|c| push_printable(&mut shown, c));
            for byte in chunk.invalid() {
                shown.push_str(&format!("\\x{byte:02x}"));
            }
        }
        f.pad(&shown)
    }
}

impl fmt::Debug for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for LinkName {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LinkName {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// The name of an existing link, as a person or a document gives it: 1 to 15
/// bytes of printable ASCII without `/`, `:`, `%`, quotes or white space,
/// not starting with `-`, and not one of the kernel's reserved words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct InterfaceName(String);

const ALLOWED: &str =
    "1 to 15 letters, digits, \".\", \"_\", \"-\", \"@\" or \"+\", not starting with \"-\"";

impl InterfaceName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InterfaceName {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        let fail = |allowed: &str| Err(NovaError::invalid("name", &text, allowed));
        if text.is_empty() || text.len() > MAX_NAME_BYTES {
            let allowed = format!("{ALLOWED}; it has {} bytes", text.len());
            return fail(&allowed);
        }
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-@+".contains(&b);
        if text.starts_with('-') || !text.bytes().all(is_allowed) {
            return fail(ALLOWED);
        }
        if matches!(text.as_str(), "." | ".." | "all" | "default") {
            return fail("the kernel reserves this word");
        }
        Ok(Self(text))
    }
}

impl TryFrom<&str> for InterfaceName {
    type Error = NovaError;

    fn try_from(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl std::str::FromStr for InterfaceName {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl From<InterfaceName> for String {
    fn from(name: InterfaceName) -> Self {
        name.0
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The name of a link that Nova is to create: stricter than
/// [`InterfaceName`], so that no later tool stumbles over it. A lower-case
/// letter, then up to 14 lower-case letters, digits, `_` or `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct NewName(InterfaceName);

impl NewName {
    /// The name as one that addresses the link once it exists.
    #[must_use]
    pub const fn as_interface_name(&self) -> &InterfaceName {
        &self.0
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for NewName {
    type Error = NovaError;

    fn try_from(text: String) -> Result<Self> {
        const ALLOWED: &str =
            "a lower-case letter, then up to 14 lower-case letters, digits, \"_\" or \"-\"";
        let mut bytes = text.bytes();
        let starts_well = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        let goes_on_well =
            bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
        if text.len() > MAX_NAME_BYTES {
            let short: String = text.chars().take(MAX_NAME_BYTES).collect();
            let error = NovaError::invalid(
                "name",
                &text,
                &format!(
                    "the kernel allows {MAX_NAME_BYTES} bytes, it has {}",
                    text.len()
                ),
            );
            return Err(match Self::try_from(short.clone()) {
                Ok(_) => error.with_remedy(format!("\"{short}\" is possible.")),
                Err(_) => error,
            });
        }
        if !starts_well || !goes_on_well {
            return Err(NovaError::invalid("name", &text, ALLOWED));
        }
        if text == "lo" {
            return Err(NovaError::invalid(
                "name",
                &text,
                "it is the loopback interface",
            ));
        }
        InterfaceName::try_from(text).map(Self)
    }
}

impl std::str::FromStr for NewName {
    type Err = NovaError;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl From<NewName> for String {
    fn from(name: NewName) -> Self {
        name.0.0
    }
}

impl fmt::Display for NewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for NewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_shown_escaped() {
        assert_eq!(LinkName::from_bytes(b"e\x1b[31m").to_string(), r"e\x1b[31m");
        assert_eq!(LinkName::from_bytes(b"\xff\xfe").to_string(), r"\xff\xfe");
        assert_eq!(LinkName::from("a\u{202e}b").to_string(), r"a\u{202e}b");
    }

    #[test]
    fn names_of_existing_links_keep_dots_and_capitals() {
        for name in ["eth0.100", "Wan-1", "vnet12", "enp3s0f1np1"] {
            assert!(InterfaceName::try_from(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn refuses_what_the_kernel_or_a_shell_would_misread() {
        for name in [
            "",
            "-d",
            "a b",
            "a/b",
            "a:b",
            "br%d",
            "..",
            "all",
            "$(id)",
            "q;#",
            "ä",
            "sixteen-bytes-xx",
        ] {
            assert!(InterfaceName::try_from(name).is_err(), "{name}");
        }
    }

    #[test]
    fn refuses_new_names_that_other_tools_stumble_over() {
        for name in ["Br0", "0br", "br.1", "lo", "br0\n", "all", "default", "_x"] {
            assert!(name.parse::<NewName>().is_err(), "{name}");
        }
        assert!("br0".parse::<NewName>().is_ok());
        assert!("a23456789012345".parse::<NewName>().is_ok());
    }

    #[test]
    fn suggests_a_shorter_name() {
        let error = "bridge-for-the-lab".parse::<NewName>().unwrap_err();
        assert_eq!(error.remedy(), Some("\"bridge-for-the-\" is possible."));
    }
}
