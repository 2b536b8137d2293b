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
/// something happens in one of the others; once it is there it is told of without a
/// name, for what was made in it before.
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
        let mut new = Vec::new();
        for folder in &folders {
            if watched.iter().any(|(_, known)| known == folder) {
                continue;
            }
            if let Ok(id) = inotify::add_watch(events, *folder, flags) {
                watched.push((id, *folder));
                new.push(*folder);
            }
        }
        new
    };
    let mut watched = Vec::new();
    let there = watch(&events, &mut watched);
    tracing::debug!("{there:?} are watched");
    let run = move || {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&events, &mut buffer);
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::IGNORED) {
                watched.retain(|(id, _)| *id != event.wd());
            }
            for folder in watch(&events, &mut watched) {
                if !tell(folder, "") {
                    return;
                }
            }
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
    #[allow(clippy::disallowed_methods, reason = "the test makes its own folders")]
    fn tells_of_a_folder_that_comes_later() {
        let (sender, receiver) = channel();
        let base = std::env::temp_dir().join(format!("nova-later-{}", std::process::id()));
        let leak = |name: &str| -> &'static str {
            Box::leak(base.join(name).to_string_lossy().into_owned().into())
        };
        let (first, later) = (leak("first"), leak("later"));
        std::fs::create_dir_all(first).unwrap();
        follow_folders(&[first, later], move |folder, name| {
            sender.send((folder, name.to_owned())).is_ok()
        })
        .unwrap();
        std::fs::create_dir_all(later).unwrap();
        std::fs::write(format!("{later}/early"), "").unwrap();
        std::fs::write(format!("{first}/any"), "").unwrap();
        let wait = Duration::from_secs(20);
        assert_eq!(receiver.recv_timeout(wait), Ok((later, String::new())));
        std::fs::write(format!("{later}/late"), "").unwrap();
        let told = std::iter::from_fn(|| receiver.recv_timeout(wait).ok());
        let mut told = told.filter(|(folder, _)| *folder == later);
        assert_eq!(told.next(), Some((later, "late".to_owned())));
        std::fs::remove_dir_all(base).unwrap();
    }

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
