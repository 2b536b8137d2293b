// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the canvas of the topology asks: its extent, the way of the arrow
//! keys, and groups that open and close.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;
use std::sync::Arc;

use cxx_qt::CxxQtType;
use cxx_qt_lib::QString;
use nova_model::topology::NodeId;

use crate::follow::follow;
use crate::topology_scene::Scene;
use crate::world::{Topic, World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qproperty(bool, ready, READ, NOTIFY = changed)]
        #[qproperty(bool, is_empty, READ, NOTIFY = changed)]
        #[qproperty(f64, left, READ, NOTIFY = changed)]
        #[qproperty(f64, top, READ, NOTIFY = changed)]
        #[qproperty(f64, width, READ, NOTIFY = changed)]
        #[qproperty(f64, height, READ, NOTIFY = changed)]
        #[qproperty(bool, has_unfolded, READ, NOTIFY = changed)]
        type TopologyView = super::TopologyViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut TopologyView>);

        /// The node that an arrow key leads to from this one, empty where
        /// there is none.
        #[qinvokable]
        fn beside(self: &TopologyView, node: &QString, across: i32, down: i32) -> QString;
        /// Shows the machines of a group one by one.
        #[qinvokable]
        fn unfold(self: &TopologyView, group: &QString);
        /// Folds all groups again.
        #[qinvokable]
        fn fold_all(self: &TopologyView);
    }

    impl cxx_qt::Threading for TopologyView {}
    impl cxx_qt::Initialize for TopologyView {}
}

/// The extent of the picture in units.
#[derive(Clone, Default, PartialEq)]
pub struct TopologyViewRust {
    ready: bool,
    is_empty: bool,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    has_unfolded: bool,
}

impl cxx_qt::Initialize for ffi::TopologyView {
    fn initialize(mut self: Pin<&mut Self>) {
        self.as_mut().refresh(&hub().world());
        follow(&*self, |view, topic, world| {
            if topic == Topic::Scene {
                view.refresh(world);
            }
        });
    }
}

impl ffi::TopologyView {
    fn refresh(mut self: Pin<&mut Self>, world: &World) {
        let next = TopologyViewRust::read(world);
        if *self.rust() != next {
            *self.as_mut().rust_mut() = next;
            self.changed();
        }
    }

    fn beside(&self, node: &QString, across: i32, down: i32) -> QString {
        let world = hub().world();
        let node = NodeId(node.to_string());
        let next = world
            .scene
            .as_ref()
            .and_then(|scene| scene.beside(&node, across, down));
        next.map(|id| QString::from(&id.0)).unwrap_or_default()
    }

    fn unfold(&self, group: &QString) {
        let group = NodeId(group.to_string());
        hub().publish(Topic::Scene, |world| {
            Arc::make_mut(&mut world.unfolded).insert(group);
            draw(world);
        });
    }

    fn fold_all(&self) {
        hub().publish(Topic::Scene, |world| {
            Arc::make_mut(&mut world.unfolded).clear();
            draw(world);
        });
    }
}

impl TopologyViewRust {
    fn read(world: &World) -> Self {
        let Some(scene) = world.scene.as_deref() else {
            return Self::default();
        };
        let bounds = scene.layout.bounds;
        Self {
            ready: true,
            is_empty: scene.graph.is_empty(),
            left: bounds.at.x,
            top: bounds.at.y,
            width: bounds.size.width,
            height: bounds.size.height,
            has_unfolded: !world.unfolded.is_empty(),
        }
    }
}

/// Lays the picture out anew for each new snapshot, on the thread that
/// publishes it.
pub fn start() {
    hub().listen(|topic, _| {
        if topic == Topic::Picture {
            hub().publish(Topic::Scene, draw);
        }
        true
    });
}

fn draw(world: &mut World) {
    if let Some(snapshot) = world.snapshot.as_deref() {
        world.scene = Some(Arc::new(Scene::of(snapshot, &world.unfolded)));
    }
}
