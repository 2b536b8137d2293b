// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the canvas of the topology asks: its extent, the way of the arrow
//! keys, groups that open and close, the search, and own places.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;
use std::sync::Arc;

use cxx_qt_lib::{QRectF, QString};
use nova_model::layout::Point;
use nova_model::topology::NodeId;

use crate::follow::{Mirror, mirror};
use crate::list_base::to_i32;
use crate::topology_lens::Lens;
use crate::topology_path::scaled;
use crate::topology_scene::Scene;
use crate::world::{Topic, World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qrectf.h");
        type QRectF = cxx_qt_lib::QRectF;
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
        #[qproperty(bool, has_moved, READ, NOTIFY = changed)]
        #[qproperty(i32, hits, READ, NOTIFY = changed)]
        type TopologyView = super::TopologyViewRust;

        #[qsignal]
        fn changed(self: Pin<&mut TopologyView>);

        /// The node that an arrow key leads to from this one, empty where
        /// there is none.
        #[qinvokable]
        fn beside(self: &TopologyView, node: &QString, across: i32, down: i32) -> QString;
        /// The first node: of those found, where something is searched.
        #[qinvokable]
        fn first(self: &TopologyView) -> QString;
        /// What the search found, in units; empty where it found nothing.
        #[qinvokable]
        fn found(self: &TopologyView) -> QRectF;
        /// Shows the machines of a group one by one.
        #[qinvokable]
        fn unfold(self: &TopologyView, group: &QString);
        /// Folds all groups again.
        #[qinvokable]
        fn fold_all(self: &TopologyView);
        /// Looks for these words; an empty text ends the search.
        #[qinvokable]
        fn search(self: &TopologyView, words: &QString);
        /// Arranges the picture for a window that is higher than wide, or not.
        #[qinvokable]
        fn shape(self: &TopologyView, is_tall: bool);
        /// Puts a node elsewhere.
        #[qinvokable]
        fn put(self: &TopologyView, node: &QString, x: f64, y: f64);
        /// Goes this part of the way back to the computed places, 0–1; at 1
        /// the own places are forgotten.
        #[qinvokable]
        fn arrange(self: &TopologyView, part: f64);
        /// The own places as text.
        #[qinvokable]
        fn places(self: &TopologyView) -> QString;
        /// Takes the own places from such a text.
        #[qinvokable]
        fn restore(self: &TopologyView, places: &QString);
        /// The course of a link at this scale, sharp for this width in pixels.
        #[qinvokable]
        fn scaled(self: &TopologyView, path: &QString, factor: f64, width: f64) -> QString;
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
    has_moved: bool,
    hits: i32,
}

impl cxx_qt::Initialize for ffi::TopologyView {
    fn initialize(self: Pin<&mut Self>) {
        mirror(self);
    }
}

impl Mirror for ffi::TopologyView {
    const TOPICS: &'static [Topic] = &[Topic::Scene];

    fn read(_: &Self::Rust, world: &World) -> Self::Rust {
        TopologyViewRust::read(world)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl ffi::TopologyView {
    fn beside(&self, node: &QString, across: i32, down: i32) -> QString {
        let world = hub().world();
        let node = NodeId(node.to_string());
        let next = world
            .scene
            .as_ref()
            .and_then(|scene| scene.beside(&node, across, down));
        next.map(|id| QString::from(&id.0)).unwrap_or_default()
    }

    fn first(&self) -> QString {
        let world = hub().world();
        let first = world.scene.as_ref().and_then(|scene| scene.first());
        first.map(|id| QString::from(&id.0)).unwrap_or_default()
    }

    fn found(&self) -> QRectF {
        let scene = hub().world().scene;
        let bounds = scene.and_then(|scene| scene.found_bounds());
        bounds.map_or_else(QRectF::default, |bounds| {
            let (at, size) = (bounds.at, bounds.size);
            QRectF::new(at.x, at.y, size.width, size.height)
        })
    }

    fn unfold(&self, group: &QString) {
        let group = NodeId(group.to_string());
        look(|lens| {
            lens.unfolded.insert(group);
        });
    }

    fn fold_all(&self) {
        look(|lens| lens.unfolded.clear());
    }

    fn search(&self, words: &QString) {
        let words = words.to_string().to_lowercase();
        if hub().world().lens.search != words {
            look(|lens| lens.search = words);
        }
    }

    fn shape(&self, is_tall: bool) {
        look(|lens| lens.is_tall = is_tall);
    }

    fn put(&self, node: &QString, x: f64, y: f64) {
        let node = NodeId(node.to_string());
        look(|lens| {
            lens.positions
                .insert(node, Point::new(x.round(), y.round()));
        });
    }

    fn arrange(&self, part: f64) {
        look(|lens| {
            lens.arranged = part;
            if part >= 1.0 {
                lens.positions.clear();
                lens.arranged = 0.0;
            }
        });
    }

    fn places(&self) -> QString {
        QString::from(hub().world().lens.places())
    }

    fn restore(&self, places: &QString) {
        let places = places.to_string();
        look(|lens| lens.restore(&places));
    }

    fn scaled(&self, path: &QString, factor: f64, width: f64) -> QString {
        QString::from(scaled(&path.to_string(), factor, width))
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
            is_empty: scene.is_empty(),
            left: bounds.at.x,
            top: bounds.at.y,
            width: bounds.size.width,
            height: bounds.size.height,
            has_unfolded: !world.lens.unfolded.is_empty(),
            has_moved: !world.lens.positions.is_empty(),
            hits: scene.hits.as_ref().map_or(-1, |hits| to_i32(hits.len())),
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

/// Changes how the person looks at the topology and draws it anew.
fn look(change: impl FnOnce(&mut Lens)) {
    hub().publish(Topic::Scene, |world| {
        change(Arc::make_mut(&mut world.lens));
        draw(world);
    });
}

fn draw(world: &mut World) {
    if let Some(snapshot) = world.snapshot.as_deref() {
        world.scene = Some(Arc::new(Scene::of(snapshot, &world.lens)));
    }
}
