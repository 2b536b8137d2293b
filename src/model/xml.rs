// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bounded tree of an XML document: what libvirt's descriptions are read
//! from. There are no entities beyond the five of XML and no document type, so
//! nothing can be expanded or fetched.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{NovaError, Result};

/// Longest document that is read, in bytes. A machine with forty disks has
/// about 30 KiB.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// Deepest nesting that is read; libvirt's own is below 10.
pub(crate) const MAX_DEPTH: usize = 64;

/// An element with its attributes, children and text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Name without its namespace prefix.
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// Reads a document whose root element has this name.
    ///
    /// # Errors
    /// `InvalidValue` for a document that is too long, nested too deeply, not
    /// well-formed, with a document type, or with another root.
    pub(crate) fn parse(document: &str, root: &str) -> Result<Self> {
        if document.len() > MAX_BYTES {
            return Err(unreadable(root, "it is longer than 1 MiB"));
        }
        let mut reader = Reader::from_str(document);
        reader.config_mut().check_end_names = true;
        let mut open: Vec<Self> = Vec::new();
        loop {
            let event = reader
                .read_event()
                .map_err(|error| unreadable(root, &error.to_string()))?;
            let closed = match event {
                Event::Start(tag) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(unreadable(root, "it is nested too deeply"));
                    }
                    open.push(Self::opened(&tag, root)?);
                    None
                }
                Event::Empty(tag) => Some(Self::opened(&tag, root)?),
                Event::End(_) => open.pop(),
                Event::Text(text) => {
                    push_text(&mut open, &text.xml10_content());
                    None
                }
                Event::CData(text) => {
                    push_text(&mut open, &text.xml10_content());
                    None
                }
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c.to_string()),
                        Ok(None) => resolve_predefined_entity(&reference.xml10_content())
                            .map(ToOwned::to_owned),
                        Err(_) => None,
                    };
                    let Some(resolved) = resolved else {
                        return Err(unreadable(root, "it has an unknown entity"));
                    };
                    push_text(&mut open, &resolved);
                    None
                }
                Event::DocType(_) => {
                    return Err(unreadable(root, "it has a document type"));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
                Event::Eof => return Err(unreadable(root, "it ends too early")),
            };
            let Some(closed) = closed else { continue };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if closed.name == root => return Ok(closed),
                None => {
                    let found = crate::name::printable(&closed.name);
                    return Err(unreadable(root, &format!("it begins with <{found}>")));
                }
            }
        }
    }

    fn opened(tag: &BytesStart<'_>, root: &str) -> Result<Self> {
        let mut element = Self {
            name: tag.local_name().as_ref().to_owned(),
            ..Self::default()
        };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| unreadable(root, &error.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| unreadable(root, &error.to_string()))?;
            element
                .attributes
                .push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name, in their order.
    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the child of this name, without white space around it.
    pub(crate) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// The attribute of the child of this name.
    pub(crate) fn child_attribute(&self, child: &str, name: &str) -> Option<&str> {
        self.child(child)?.attribute(name)
    }
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn unreadable(root: &str, reason: &str) -> NovaError {
    NovaError::new(
        crate::error::ErrorKind::InvalidValue,
        format!(
            "the <{root}> description cannot be read: {}",
            crate::name::printable(reason)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r14_what_could_be_expanded_is_refused() {
        for document in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'file:///etc/shadow'><a/>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/shadow'>]><a>&b;</a>",
            "<!DOCTYPE a [<!ENTITY b 'lol'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
            "<a>&b;</a>",
            "<a b='&c;'/>",
            "<a>&#0;</a>",
        ] {
            assert!(Element::parse(document, "a").is_err(), "{document}");
        }
    }

    #[test]
    fn r14_what_is_too_deep_too_long_or_cut_off_is_refused() {
        let deep = "<a>".repeat(100_000);
        let long = format!("<a>{}</a>", " ".repeat(MAX_BYTES));
        for document in [deep.as_str(), long.as_str(), "<a><b></a>", "<a", "", "<b/>"] {
            assert!(Element::parse(document, "a").is_err());
        }
    }

    #[test]
    fn reads_escaped_text_and_attributes() {
        let document = "<a t='&lt;x&#62;'><n>one &amp; two<![CDATA[ <3]]></n></a>";
        let element = Element::parse(document, "a").unwrap();
        assert_eq!(element.attribute("t"), Some("<x>"));
        assert_eq!(element.child_text("n"), Some("one & two <3"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(document in "\\PC*|(<|>|/|a|=|'|&|;|!|\\[|\\]| )*") {
            let _ = Element::parse(&document, "a");
        }

        #[test]
        fn escaped_text_reads_back_as_itself(text in "[ -~\u{a1}-\u{2fff}]{0,40}") {
            let text = text.trim();
            let document = format!("<a><n>{}</n></a>", quick_xml::escape::escape(text));
            let element = Element::parse(&document, "a").unwrap();
            prop_assert_eq!(element.child_text("n"), Some(text));
        }
    }
}
