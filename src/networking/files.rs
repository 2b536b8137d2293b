// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Changes of files in a few folders, told by the kernel (inotify).

use std::mem::MaybeUninit;

use nova_model::{NovaError, Result};
use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

/// Has `tell` called, from a thread of its own, with the folder and the name
/// of each file that is written, made, moved or removed there, until it returns
/// false. A folder that is missing or not readable is looked for again whenever
/// something happens in one of the others.
///
/// # Errors
/// `Internal` where the kernel gives no descriptor or no thread.
pub(crate) fn follow_folders(
    folders: &[&'static str],
    mut tell: impl FnMut(&'static str, &str) -> bool + Send + 'static,
) -> Result<()> {
    let fail =
        |error: &dyn std::fmt::Display| NovaError::internal(format!("no file events: {error}"));
    let events = inotify::init(CreateFlags::CLOEXEC).map_err(|error| fail(&error))?;
    // A daemon keeps its process file open, so it is written and not closed.
    let flags = WatchFlags::MODIFY
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::DELETE
        | WatchFlags::ONLYDIR;
    let folders = folders.to_vec();
    let watch = move |events: &OwnedFd, watched: &mut Vec<(i32, &'static str)>| {
        for folder in &folders {
            if watched.iter().any(|(_, known)| known == folder) {
                continue;
            }
            match inotify::add_watch(events, *folder, flags) {
                Ok(id) => watched.push((id, *folder)),
                Err(error) => tracing::debug!("{folder} is not watched: {error}"),
            }
        }
    };
    let mut watched = Vec::new();
    watch(&events, &mut watched);
    let run = move || {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&events, &mut buffer);
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::IGNORED) {
                watched.retain(|(id, _)| *id != event.wd());
            }
            watch(&events, &mut watched);
            let folder = watched.iter().find(|(id, _)| *id == event.wd());
            let name = event.file_name().and_then(|name| name.to_str().ok());
            if let (Some((_, folder)), Some(name)) = (folder, name)
                && !tell(folder, name)
            {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("file-events".to_owned())
        .spawn(run)
        .map_err(|error| fail(&error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the test makes its own file")]
    fn tells_of_a_file_that_is_written() {
        let (sender, receiver) = channel();
        let folder: &'static str = Box::leak(
            std::env::temp_dir()
                .join(format!("nova-files-{}", std::process::id()))
                .to_string_lossy()
                .into_owned()
                .into_boxed_str(),
        );
        std::fs::create_dir_all(folder).unwrap();
        follow_folders(&[folder, "/nowhere"], move |folder, name| {
            sender.send((folder, name.to_owned())).is_ok()
        })
        .unwrap();
        std::fs::write(format!("{folder}/virbr0.status"), "[]").unwrap();
        let told = receiver.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(told, (folder, "virbr0.status".to_owned()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
