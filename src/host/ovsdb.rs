// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The database of Open vSwitch by its own protocol (RFC 7047): JSON-RPC over
//! its socket, without `ovs-vsctl` and without its habit of ending with 0 when
//! something failed. What comes is bounded in length, depth and time.

use std::collections::VecDeque;
use std::io::{ErrorKind as IoKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nova_model::name::printable;
use nova_model::{ErrorKind, NovaError};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use serde_json::{Value, json};

use crate::ovsdb_frame::Frames;

/// The database's name.
const DATABASE: &str = "Open_vSwitch";
/// Most notifications that wait to be read.
const MAX_NEWS: usize = 4096;

/// What can go wrong with the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no socket, or nobody listens on it.
    Missing,
    /// The socket may not be opened.
    Locked,
    /// The other side ended the connection.
    Gone,
    /// Nothing came in time.
    Silent,
    /// What came is no message of this protocol.
    Garbled(String),
    /// A `wait` of the transaction found another row than was planned for.
    Moved,
    /// The database refused the transaction.
    Refused(String),
    /// Reading or writing failed otherwise.
    Io(String),
}

impl Trouble {
    pub(crate) fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            IoKind::NotFound | IoKind::ConnectionRefused => Self::Missing,
            IoKind::PermissionDenied => Self::Locked,
            IoKind::WouldBlock | IoKind::TimedOut => Self::Silent,
            IoKind::BrokenPipe | IoKind::ConnectionReset | IoKind::UnexpectedEof => Self::Gone,
            _ => Self::Io(error.to_string()),
        }
    }

    /// Whether the database may be back in a moment: it is being restarted.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Missing | Self::Gone)
    }

    /// The sentence, without what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Missing => "its database does not answer".to_owned(),
            Self::Locked => "its database may not be opened by this process".to_owned(),
            Self::Gone => "its database ended the connection".to_owned(),
            Self::Silent => "its database does not answer in time".to_owned(),
            Self::Garbled(text) => format!("what its database says is no answer: {text}"),
            Self::Moved => "its configuration is another than was planned for".to_owned(),
            Self::Refused(text) | Self::Io(text) => format!("its database says: {text}"),
        }
    }

    /// The error for a person; `object` is what it is about: `bridge ovs0`.
    #[must_use]
    pub fn about(&self, object: &str) -> NovaError {
        let sentence = printable(&self.sentence());
        let kind = match self {
            Self::Missing | Self::Locked | Self::Gone | Self::Silent => ErrorKind::DaemonMissing,
            Self::Moved => ErrorKind::Stale,
            Self::Refused(_) => ErrorKind::Refused,
            Self::Garbled(_) | Self::Io(_) => ErrorKind::Internal,
        };
        let error = NovaError::new(kind, format!("{object}: Open vSwitch: {sentence}"));
        match self {
            Self::Missing | Self::Gone | Self::Silent => {
                error.with_remedy("See whether it runs: \"systemctl status ovsdb-server\".")
            }
            Self::Moved => error.with_remedy("Look at what is there now, then try again."),
            _ => error,
        }
    }
}

type Result<T> = std::result::Result<T, Trouble>;

/// A connection to the database.
pub struct Database {
    stream: UnixStream,
    frames: Frames,
    news: VecDeque<Value>,
    last_id: u64,
    patience: Duration,
}

/// Ends the wait of a [`Database`] from another thread.
#[derive(Debug)]
pub struct Stopper(UnixStream);

impl Stopper {
    /// Ends the connection: what waits on it gets [`Trouble::Gone`].
    pub fn stop(&self) {
        // It may have ended by itself.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Database {
    /// Connects to the database behind this socket; `patience` is how long each
    /// answer may take.
    ///
    /// # Errors
    /// `Missing` and `Locked` where there is nothing to be had.
    pub fn open(socket: &Path, patience: Duration) -> Result<Self> {
        Ok(Self {
            stream: dial(socket, patience)?,
            frames: Frames::default(),
            news: VecDeque::new(),
            last_id: 0,
            patience,
        })
    }

    /// A handle that ends this connection from another thread.
    ///
    /// # Errors
    /// `Io` where the process has no descriptor left.
    pub fn stopper(&self) -> Result<Stopper> {
        let stream = self.stream.try_clone();
        stream.map(Stopper).map_err(|error| Trouble::of(&error))
    }

    /// Calls a method and waits for what it returns.
    ///
    /// # Errors
    /// Any but `Moved`.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let deadline = Instant::now() + self.patience;
        self.last_id += 1;
        let id = json!(self.last_id);
        self.send(&json!({"method": method, "params": params, "id": id}))?;
        loop {
            let Some(mut message) = self.receive(Some(deadline))? else {
                return Err(Trouble::Silent);
            };
            if message.get("method").is_some() {
                self.take_in(message)?;
            } else if message.get("id") == Some(&id) {
                let error = message.get("error").filter(|error| !error.is_null());
                return match error {
                    Some(error) => Err(Trouble::Refused(words(error))),
                    None => Ok(message
                        .get_mut("result")
                        .map(Value::take)
                        .unwrap_or_default()),
                };
            }
        }
    }

    /// The schema of the database.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn schema(&mut self) -> Result<Value> {
        self.call("get_schema", &json!([DATABASE]))
    }

    /// Does these operations, all or none, and returns the result of each.
    ///
    /// # Errors
    /// `Moved` where a `wait` among them does not hold, `Refused` with what the
    /// database says; nothing is changed then. After `Gone` and `Silent` they
    /// may have been done.
    pub fn transact(&mut self, operations: &[Value]) -> Result<Vec<Value>> {
        let mut params = vec![json!(DATABASE)];
        params.extend_from_slice(operations);
        let Value::Array(results) = self.call("transact", &Value::Array(params))? else {
            return Err(Trouble::Garbled("a result that is no list".to_owned()));
        };
        let failed = results.iter().find_map(|result| {
            result
                .get("error")
                .filter(|error| !error.is_null())
                .map(|error| (error, result))
        });
        match failed {
            Some((error, _)) if error == "timed out" => Err(Trouble::Moved),
            Some((_, result)) => Err(Trouble::Refused(words(result))),
            None if results.len() < operations.len() => {
                Err(Trouble::Garbled("results are missing".to_owned()))
            }
            None => Ok(results),
        }
    }

    /// Has the database tell of these tables and columns from now on, and
    /// returns what they hold.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn monitor(&mut self, columns: &Value) -> Result<Value> {
        self.call("monitor", &json!([DATABASE, "nova", columns]))
    }

    /// The next notification of what a monitor watches; none within `patience`,
    /// or for ever where that is absent.
    ///
    /// # Errors
    /// `Gone` where the connection ended, `Garbled`.
    pub fn news(&mut self, patience: Option<Duration>) -> Result<Option<Value>> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            if let Some(news) = self.news.pop_front() {
                return Ok(Some(news));
            }
            match self.receive(deadline)? {
                None => return Ok(None),
                Some(message) if message.get("method").is_some() => self.take_in(message)?,
                // The answer to a call that was given up.
                Some(_) => {}
            }
        }
    }

    /// Answers the other side's questions and keeps what it tells.
    fn take_in(&mut self, mut message: Value) -> Result<()> {
        let params = message.get_mut("params").map(Value::take);
        match message.get("method").and_then(Value::as_str) {
            Some("echo") => {
                let id = message.get("id").cloned().unwrap_or_default();
                self.send(&json!({"result": params, "error": null, "id": id}))
            }
            Some("update") if self.news.len() < MAX_NEWS => {
                let news = params
                    .and_then(|mut params| params.get_mut(1).map(Value::take))
                    .ok_or_else(|| Trouble::Garbled("an update of nothing".to_owned()))?;
                self.news.push_back(news);
                Ok(())
            }
            Some("update") => Err(Trouble::Garbled("it tells faster than is read".to_owned())),
            _ => Ok(()),
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let bytes = message.to_string().into_bytes();
        self.stream
            .write_all(&bytes)
            .map_err(|error| Trouble::of(&error))
    }

    /// The next message; none until the deadline.
    fn receive(&mut self, deadline: Option<Instant>) -> Result<Option<Value>> {
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(message) = self.frames.next()? {
                return Ok(Some(message));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            self.stream
                .set_read_timeout(left)
                .map_err(|error| Trouble::of(&error))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(Trouble::Gone),
                Ok(count) => self.frames.feed(chunk.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(error) => match Trouble::of(&error) {
                    Trouble::Silent => return Ok(None),
                    trouble => return Err(trouble),
                },
            }
        }
    }
}

/// Connects to a socket of the file system within this time: also where the
/// one who listens is stopped and its queue is full.
fn dial(socket: &Path, patience: Duration) -> Result<UnixStream> {
    let failed = |errno: rustix::io::Errno| Trouble::of(&errno.into());
    let address = SocketAddrUnix::new(socket).map_err(failed)?;
    let descriptor = socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .map_err(failed)?;
    set_socket_timeout(&descriptor, Timeout::Send, Some(patience)).map_err(failed)?;
    connect(&descriptor, &address).map_err(failed)?;
    Ok(UnixStream::from(descriptor))
}

/// Whether somebody listens on this socket.
pub(crate) fn is_alive(socket: &Path, patience: Duration) -> bool {
    dial(socket, patience).is_ok()
}

/// What the database says in an error, with its details.
fn words(error: &Value) -> String {
    let part = |key: &str| error.get(key).and_then(Value::as_str);
    match (part("error"), part("details"), error.as_str()) {
        (Some(error), Some(details), _) => format!("{error}: {details}"),
        (Some(error), None, _) => error.to_owned(),
        (None, _, Some(text)) => text.to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread;

    use super::*;

    /// A connection to somebody who reads a request and writes `says`.
    fn facing(says: Vec<u8>) -> Database {
        let (near, mut far) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            let mut request = [0; 4096];
            let _ = far.read(&mut request);
            let _ = far.write_all(&says);
            // Hold the line, as one that hangs does.
            let _ = far.read(&mut request);
            let _ = far.read(&mut request);
        });
        Database {
            stream: near,
            frames: Frames::default(),
            news: VecDeque::new(),
            last_id: 0,
            patience: Duration::from_millis(400),
        }
    }

    fn transacted(says: &str) -> Trouble {
        facing(says.as_bytes().to_vec())
            .transact(&[json!({"op": "comment", "comment": ""})])
            .unwrap_err()
    }

    #[test]
    fn r15_malformed_answers_are_told_apart_from_missing_ones() {
        assert_eq!(transacted(""), Trouble::Silent);
        assert_eq!(transacted(r#"{"id":1"#), Trouble::Silent);
        assert_eq!(
            transacted(r#"{"id":7,"result":[{}],"error":null}"#),
            Trouble::Silent
        );
        assert!(matches!(
            transacted("HTTP/1.1 400\r\n"),
            Trouble::Garbled(_)
        ));
        assert!(matches!(
            transacted(r#"{"id":1,"result":{}}"#),
            Trouble::Garbled(_)
        ));
        assert!(matches!(
            transacted(r#"{"id":1,"result":[]}"#),
            Trouble::Garbled(_)
        ));
        assert!(matches!(
            transacted(r#"{"id":1,"error":{"error":"x"}}"#),
            Trouble::Refused(_)
        ));
    }

    #[test]
    fn an_aborted_transaction_is_an_error_wherever_it_is_noted() {
        let aborted =
            |results: &str| transacted(&format!(r#"{{"id":1,"error":null,"result":{results}}}"#));
        assert_eq!(aborted(r#"[{"error":"timed out"}]"#), Trouble::Moved);
        assert_eq!(
            aborted(r#"[{},{"error":"referential integrity violation","details":"d"}]"#),
            Trouble::Refused("referential integrity violation: d".to_owned())
        );
    }

    #[test]
    fn r15_a_flood_is_given_up_with_bounded_memory() {
        let mut says = br#"{"id":null,"method":"update","params":["nova",{}]}"#.repeat(5000);
        says.extend(br#"{"id":1,"result":[{}],"error":null}"#);
        let trouble = facing(says).transact(&[json!({})]).unwrap_err();
        assert!(matches!(trouble, Trouble::Garbled(_)));
    }

    #[test]
    fn questions_are_answered_while_an_answer_is_waited_for() {
        let says = br#"{"id":"echo","method":"echo","params":[]}{"id":null,"method":"update","params":["nova",{"Port":{}}]}{"id":1,"result":[{}],"error":null}"#;
        let mut database = facing(says.to_vec());
        assert_eq!(database.transact(&[json!({})]).unwrap(), [json!({})]);
        let news = database.news(Some(Duration::ZERO)).unwrap();
        assert_eq!(news, Some(json!({"Port": {}})));
    }

    #[test]
    fn a_socket_that_is_not_there_is_a_missing_database() {
        let opened = Database::open(Path::new("/nowhere/db.sock"), Duration::from_secs(1));
        assert_eq!(opened.err(), Some(Trouble::Missing));
        let error = Trouble::Missing.about("bridge ovs0");
        assert_eq!(error.kind(), ErrorKind::DaemonMissing);
    }
}
