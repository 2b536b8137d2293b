// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How an object of the window follows the world, on the thread of Qt.

use std::pin::Pin;

use cxx_qt::Threading;

use crate::world::{Topic, World, hub};

/// Calls `hear` on the thread of Qt at every change of the world, for as long
/// as the object lives.
pub fn follow<T>(object: &T, hear: fn(Pin<&mut T>, Topic, &World))
where
    T: Threading + 'static,
{
    let thread = object.qt_thread();
    hub().listen(move |topic, world| {
        let world = world.clone();
        thread
            .queue(move |object| hear(object, topic, &world))
            .is_ok()
    });
}
