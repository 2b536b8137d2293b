// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! How an object of the window follows the world, on the thread of Qt.

use std::pin::Pin;

use cxx_qt::{CxxQtType, Threading};

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

/// An object of the window whose properties are read off the world.
pub trait Mirror: CxxQtType<Rust: PartialEq + Unpin> + Threading + 'static {
    /// The parts of the world that it shows.
    const TOPICS: &'static [Topic];

    /// What it shows of this world, being about the same as before.
    fn read(shown: &Self::Rust, world: &World) -> Self::Rust;

    /// Tells Qt that its properties have changed.
    fn tell(self: Pin<&mut Self>);
}

/// Shows the world as it is now, and tells so where that is something else.
pub fn refresh<T: Mirror>(mut object: Pin<&mut T>, world: &World) {
    let next = T::read(object.rust(), world);
    if *object.rust() != next {
        *object.as_mut().rust_mut() = next;
        object.tell();
    }
}

/// Shows the world as it is, now and for as long as the object lives.
pub fn mirror<T: Mirror>(mut object: Pin<&mut T>) {
    refresh(object.as_mut(), &hub().world());
    follow(&*object, |object: Pin<&mut T>, topic, _| {
        if T::TOPICS.contains(&topic) {
            // As it is now: of two threads that publish, the later may be
            // heard first.
            refresh(object, &hub().world());
        }
    });
}
