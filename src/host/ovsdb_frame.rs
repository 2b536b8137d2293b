// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! JSON-RPC messages out of a stream of bytes. Nothing but the JSON itself
//! tells where one ends, so the brackets are counted as they come.

use serde_json::Value;

use crate::ovsdb::Trouble;

/// Longest message that is read, in bytes. A database with a thousand ports
/// tells of itself in less than two million.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// Deepest nesting; the protocol needs eight.
const MAX_DEPTH: usize = 32;

/// Bytes that have come, and how far they are understood.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    seen: usize,
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Frames {
    /// Takes bytes in as they came.
    ///
    /// # Errors
    /// `Garbled` where the message they belong to is longer than is read.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        if self.bytes.len() + bytes.len() > MAX_MESSAGE {
            return Err(Trouble::Garbled(format!(
                "a message is longer than {MAX_MESSAGE} bytes"
            )));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message, where there is one.
    ///
    /// # Errors
    /// `Garbled` for what is no JSON object.
    pub(crate) fn next(&mut self) -> Result<Option<Value>, Trouble> {
        while let Some(byte) = self.bytes.get(self.seen).copied() {
            self.seen += 1;
            if self.step(byte)? {
                let rest = self.bytes.split_off(self.seen);
                let message = std::mem::replace(&mut self.bytes, rest);
                self.seen = 0;
                return serde_json::from_slice(&message)
                    .map(Some)
                    .map_err(|error| Trouble::Garbled(error.to_string()));
            }
        }
        Ok(None)
    }

    /// Moves on by a byte; true where it ends a message.
    fn step(&mut self, byte: u8) -> Result<bool, Trouble> {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return Ok(false);
        }
        match byte {
            b'{' | b'[' if self.depth >= MAX_DEPTH => {
                return Err(Trouble::Garbled("it is nested too deeply".to_owned()));
            }
            b'{' => self.depth += 1,
            b'[' if self.depth > 0 => self.depth += 1,
            b'"' if self.depth > 0 => self.in_text = true,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return Ok(self.depth == 0);
            }
            byte if self.depth > 0 || byte.is_ascii_whitespace() => {}
            _ => {
                return Err(Trouble::Garbled("it is no JSON object".to_owned()));
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn messages(chunks: &[&[u8]]) -> Result<Vec<Value>, Trouble> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for chunk in chunks {
            frames.feed(chunk)?;
            while let Some(message) = frames.next()? {
                found.push(message);
            }
        }
        Ok(found)
    }

    #[test]
    fn messages_are_whole_wherever_the_bytes_are_cut() {
        let text = br#" {"a":"}]\"{","b":[1,{"c":[]}]}{"d":"\\"}
            {}"#;
        let wanted = [
            json!({"a":"}]\"{","b":[1,{"c":[]}]}),
            json!({"d":"\\"}),
            json!({}),
        ];
        for cut in 0..text.len() {
            let (left, right) = text.split_at(cut);
            assert_eq!(messages(&[left, right]).unwrap(), wanted, "{cut}");
        }
    }

    #[test]
    fn what_is_no_message_is_said_at_once() {
        for text in ["x", "[1]", "}", "\"a\"", "1", "{\"a\":}", "{]"] {
            assert!(messages(&[text.as_bytes()]).is_err(), "{text}");
        }
        let deep = "{\"a\":".repeat(40);
        assert!(messages(&[deep.as_bytes()]).is_err());
    }

    #[test]
    fn a_message_without_end_is_given_up() {
        let mut frames = Frames::default();
        frames.feed(b"{\"a\":\"").unwrap();
        let chunk = vec![b'x'; 1 << 20];
        let given_up = (0..20).any(|_| frames.feed(&chunk).is_err());
        assert!(given_up && frames.bytes.len() <= MAX_MESSAGE);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(chunks in proptest::collection::vec(
            proptest::collection::vec(proptest::sample::select(b"{}[]\"\\:, a1\xff".to_vec()), 0..40), 0..6)) {
            let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
            let _ = messages(&chunks);
        }
    }
}
