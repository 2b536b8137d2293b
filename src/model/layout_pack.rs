// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Where the parts go: what leads to the world on top, in common columns;
//! below it the networks that lead nowhere, side by side; below those grids of
//! what is connected with nothing, kind by kind.

use crate::layout::{Caption, CaptionKind, Metrics, Point};
use crate::layout_column::class;
use crate::layout_part::{Occupant, Part};
use crate::topology::{Graph, NodeKind};

/// So many small parts go into the common columns instead of below them.
const FEW: usize = 3;

/// The place of each part, in the order of the parts.
pub(crate) struct Packed {
    pub(crate) places: Vec<PartPlace>,
    pub(crate) captions: Vec<Caption>,
}

/// The place of a part.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartPlace {
    /// Left edge of each column.
    pub(crate) columns: Vec<f64>,
    /// Upper edge of the part.
    pub(crate) top: f64,
}

/// What a part is to the picture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Block,
    Idle(CaptionKind),
}

struct Packer<'a> {
    parts: &'a [Part],
    graph: &'a Graph,
    metrics: &'a Metrics,
    places: Vec<PartPlace>,
    captions: Vec<Caption>,
    bottom: f64,
    width: f64,
}

/// Places all parts without overlaps, near the wanted ratio of width to height.
pub(crate) fn pack(parts: &[Part], graph: &Graph, metrics: &Metrics) -> Packed {
    let mut packer = Packer {
        parts,
        graph,
        metrics,
        places: vec![PartPlace::default(); parts.len()],
        captions: Vec::new(),
        bottom: 0.0,
        width: 0.0,
    };
    let roles = packer.roles();
    let with =
        |role: Role| -> Vec<usize> { (0..parts.len()).filter(|at| roles[*at] == role).collect() };
    let (main, blocks) = (with(Role::Main), with(Role::Block));
    packer.pack_main(&main);
    let grids = CaptionKind::ALL;
    let singles: Vec<usize> = grids
        .iter()
        .flat_map(|kind| with(Role::Idle(*kind)))
        .collect();
    packer.choose_width(&blocks, &singles);
    packer.pack_blocks(&blocks);
    for caption in grids {
        packer.pack_grid(caption, &with(Role::Idle(caption)));
    }
    Packed {
        places: packer.places,
        captions: packer.captions,
    }
}

impl Packer<'_> {
    fn kinds<'b>(&'b self, part: &'b Part) -> impl Iterator<Item = &'b NodeKind> {
        part.items.iter().filter_map(|item| match item.occupant {
            Occupant::Node(node) => self.graph.graph.node_weight(node).map(|node| &node.kind),
            Occupant::Bend(_) => None,
        })
    }

    fn roles(&self) -> Vec<Role> {
        let role = |part: &Part| {
            let mut kinds = self.kinds(part);
            let first = kinds.next();
            match (first, kinds.next()) {
                (Some(NodeKind::Uplink(_)), None) => Role::Idle(CaptionKind::IdleCards),
                (Some(NodeKind::Switch { .. }), None) => Role::Idle(CaptionKind::IdleSwitches),
                (Some(NodeKind::Network(_)), None) => Role::Idle(CaptionKind::IdleNetworks),
                (Some(NodeKind::Machine(_)), None) => Role::Idle(CaptionKind::LoneMachines),
                _ if self.kinds(part).all(|kind| class(kind) >= 3) => Role::Block,
                _ => Role::Main,
            }
        };
        let mut roles: Vec<Role> = self.parts.iter().map(role).collect();
        let has_columns = roles.iter().any(|role| !matches!(role, Role::Idle(_)));
        let idle = CaptionKind::ALL.map(Role::Idle);
        for small in std::iter::once(Role::Block).chain(idle) {
            let count = roles.iter().filter(|role| **role == small).count();
            if has_columns && count <= FEW {
                for role in roles.iter_mut().filter(|role| **role == small) {
                    *role = Role::Main;
                }
            }
        }
        roles
    }

    /// Widest node of each column among these parts.
    fn widths(&self, parts: &[usize]) -> Vec<f64> {
        let count = self.parts.first().map_or(0, |part| part.columns.len());
        let mut widths = vec![0.0_f64; count];
        for part in parts.iter().map(|at| &self.parts[*at]) {
            for item in &part.items {
                if let Occupant::Node(node) = item.occupant
                    && let Some(node) = self.graph.graph.node_weight(node)
                {
                    let width = self.metrics.size(&node.kind, 0, 0).width;
                    widths[item.column] = widths[item.column].max(width);
                }
            }
        }
        widths
    }

    /// Left edges of columns of these widths, and the right end. Columns of no
    /// width take no room.
    fn lefts(&self, widths: &[f64]) -> (Vec<f64>, f64) {
        let (mut left, mut right) = (0.0, 0.0);
        let mut lefts = Vec::with_capacity(widths.len());
        for width in widths {
            lefts.push(left);
            if *width > 0.0 {
                right = left + width;
                left = right + self.metrics.column_gap;
            }
        }
        (lefts, right)
    }

    fn pack_main(&mut self, parts: &[usize]) {
        let (lefts, width) = self.lefts(&self.widths(parts));
        let mut skyline = vec![0.0_f64; lefts.len()];
        // What is connected first, by order; single things find room beside it.
        let (single, several): (Vec<usize>, Vec<usize>) = parts
            .iter()
            .partition(|at| self.parts[**at].items.len() == 1);
        for at in several.into_iter().chain(single) {
            let part = &self.parts[at];
            let (first, last) = part.span();
            let used = skyline.get(first..=last).unwrap_or_default();
            let above = used.iter().copied().fold(0.0, f64::max);
            let top = match above > 0.0 {
                true => above + self.metrics.part_gap,
                false => 0.0,
            };
            for item in &part.items {
                let bottom = top + item.top + item.height;
                skyline[item.column] = skyline[item.column].max(bottom);
            }
            self.places[at] = PartPlace {
                columns: lefts.clone(),
                top,
            };
        }
        self.bottom = skyline.iter().copied().fold(0.0, f64::max);
        self.width = width;
    }

    /// The width whose picture comes nearest to the wanted ratio: one to eight
    /// piles of blocks are tried.
    fn choose_width(&mut self, blocks: &[usize], singles: &[usize]) {
        let gap = self.metrics.part_gap;
        let (_, block) = self.lefts(&self.widths(blocks));
        let (_, single) = self.lefts(&self.widths(singles));
        let heights = self.heights(blocks);
        let row = self.heights(singles).into_iter().fold(0.0, f64::max);
        let count = f64::from(u32::try_from(singles.len()).unwrap_or(u32::MAX));
        let step = if blocks.is_empty() { single } else { block } + 2.0 * gap;
        let mut best = (f64::INFINITY, self.width);
        for piles in 1..=8 {
            let width = (f64::from(piles) * step - 2.0 * gap).max(self.width);
            let across = self.fitting(width, block, 2.0 * gap);
            let rows = (count / self.fitting(width, single, self.metrics.group_gap)).ceil();
            let height = self.bottom
                + pile_height(&heights, gap, across)
                + rows * (row + self.metrics.grid_gap);
            let off = (width / height.max(1.0) / self.metrics.aspect).ln().abs();
            if off < best.0 {
                best = (off, width);
            }
        }
        self.width = best.1;
    }

    fn heights(&self, parts: &[usize]) -> Vec<f64> {
        parts.iter().map(|at| self.parts[*at].height).collect()
    }

    /// How many things of a width stand beside each other in another.
    fn fitting(&self, width: f64, of: f64, gap: f64) -> f64 {
        ((width + gap) / (of + gap)).floor().max(1.0)
    }

    fn start_section(&mut self) {
        if self.bottom > 0.0 {
            self.bottom += 2.0 * self.metrics.part_gap;
        }
    }

    /// Small parts of a network and its machines: down the first pile, then
    /// the next, so that names can be found; piles of about equal height.
    fn pack_blocks(&mut self, parts: &[usize]) {
        if parts.is_empty() {
            return;
        }
        self.start_section();
        let (lefts, width) = self.lefts(&self.widths(parts));
        let gap = self.metrics.part_gap;
        let step = width + 2.0 * gap;
        let piles = self.fitting(self.width, width, 2.0 * gap);
        let heights = self.heights(parts);
        let limit = pile_height(&heights, gap, piles);
        let (mut pile, mut top, mut bottom) = (0.0, 0.0, self.bottom);
        for (at, height) in parts.iter().zip(&heights) {
            if top > 0.0 && top + height > limit {
                pile += 1.0;
                top = 0.0;
            }
            self.places[*at] = PartPlace {
                columns: lefts.iter().map(|left| left + pile * step).collect(),
                top: self.bottom + top,
            };
            bottom = f64::max(bottom, self.bottom + top + height);
            top += height + gap;
        }
        self.bottom = bottom;
    }

    /// Things that are connected with nothing, in rows below a caption.
    fn pack_grid(&mut self, kind: CaptionKind, parts: &[usize]) {
        if parts.is_empty() {
            return;
        }
        self.start_section();
        self.captions.push(Caption {
            kind,
            at: Point::new(0.0, self.bottom + self.metrics.caption / 2.0),
        });
        let top = self.bottom + self.metrics.caption;
        let (_, width) = self.lefts(&self.widths(parts));
        let height = self.heights(parts).into_iter().fold(0.0, f64::max);
        let gap = self.metrics.group_gap;
        let step = height + self.metrics.grid_gap;
        let across = self.fitting(self.width, width, gap);
        let (mut column, mut row) = (0.0, 0.0);
        for at in parts {
            let left = column * (width + gap);
            self.places[*at] = PartPlace {
                columns: vec![left; self.parts[*at].columns.len()],
                top: top + row * step,
            };
            self.bottom = top + row * step + height;
            column += 1.0;
            if column >= across {
                (column, row) = (0.0, row + 1.0);
            }
        }
    }
}

/// The lowest height at which these parts, in order, need at most so many piles.
fn pile_height(heights: &[f64], gap: f64, piles: f64) -> f64 {
    let needed = |limit: f64| {
        let (mut count, mut top) = (1.0, 0.0);
        for height in heights {
            if top > 0.0 && top + height > limit {
                count += 1.0;
                top = 0.0;
            }
            top += height + gap;
        }
        count
    };
    let mut low = heights.iter().copied().fold(0.0, f64::max);
    let mut high: f64 = heights
        .iter()
        .map(|height| height + gap)
        .sum::<f64>()
        .max(low);
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high);
        match needed(middle) <= piles {
            true => high = middle,
            false => low = middle,
        }
    }
    match needed(low) <= piles {
        true => low,
        false => high,
    }
}
