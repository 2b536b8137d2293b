// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The topology as an SVG document, for reports and export.

use quick_xml::escape::escape;

use crate::layout::{Layout, Metrics, PlacedLink, PlacedNode, Point, Rect, Side, Tick};
use crate::layout_icon::icon;
use crate::topology::{Edge, EdgeKind, Graph, Node, NodeKind, NodeState};

/// Colours of the picture, each as SVG reads it (`#rrggbb`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind everything.
    pub background: String,
    /// Inside of nodes.
    pub plate: String,
    /// Head of switches and networks.
    pub head: String,
    /// Edges of nodes.
    pub outline: String,
    /// Names.
    pub text: String,
    /// What stands beside and below names.
    pub faint: String,
    /// Links that carry traffic.
    pub link: String,
    /// Things that work.
    pub positive: String,
    /// Things that are held or wait.
    pub neutral: String,
    /// Things that went wrong.
    pub negative: String,
}

impl Palette {
    fn of(colours: [&str; 10]) -> Self {
        let [
            background,
            plate,
            head,
            outline,
            text,
            faint,
            link,
            positive,
            neutral,
            negative,
        ] = colours.map(str::to_owned);
        Self {
            background,
            plate,
            head,
            outline,
            text,
            faint,
            link,
            positive,
            neutral,
            negative,
        }
    }

    /// Dark on light, as in Breeze.
    #[must_use]
    pub fn light() -> Self {
        Self::of([
            "#eff0f1", "#ffffff", "#e7eaec", "#b9bdc0", "#232629", "#6a6e71", "#5d87a1", "#27ae60",
            "#c66a00", "#da4453",
        ])
    }

    /// Light on dark, as in Breeze.
    #[must_use]
    pub fn dark() -> Self {
        Self::of([
            "#1b1e20", "#2a2e32", "#353a3f", "#545a5f", "#fcfcfc", "#a1a9b1", "#5f9fc4", "#27ae60",
            "#f67400", "#da4453",
        ])
    }
}

/// Room around the picture.
const MARGIN: f64 = 32.0;

/// Where names start, right of the icon.
const TEXT_LEFT: f64 = 37.0;

/// The laid-out graph as a complete SVG document.
#[must_use]
pub fn topology_svg(
    graph: &Graph,
    layout: &Layout,
    metrics: &Metrics,
    colours: &Palette,
) -> String {
    let Rect { at, size } = layout.bounds;
    let (width, height) = (size.width + 2.0 * MARGIN, size.height + 2.0 * MARGIN);
    let (left, top) = (at.x - MARGIN, at.y - MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"{left} {top} {width} {height}\" font-family=\"Noto Sans, sans-serif\">\n\
         <rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        colours.background
    );
    let mut pen = Pen {
        svg: &mut svg,
        metrics,
        colours,
    };
    for caption in &layout.captions {
        let Point { x, y } = caption.at;
        let faint = colours.faint.clone();
        pen.text(Point::new(x, y), 12.0, &faint, "", caption.kind.words());
    }
    for (_, _, edge) in graph.edges() {
        if let Some(link) = layout.link(&edge.id) {
            pen.link(edge, link);
        }
    }
    for node in graph.nodes() {
        if let Some(place) = layout.node(&node.id) {
            pen.node(node, place);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The text with its middle replaced by `…` where it has more characters.
#[must_use]
pub fn elide_middle(text: &str, at_most: usize) -> String {
    let count = text.chars().count();
    if count <= at_most {
        return text.to_owned();
    }
    let kept = at_most.saturating_sub(1);
    let (head, tail) = (kept - kept / 2, kept / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

struct Pen<'a> {
    svg: &'a mut String,
    metrics: &'a Metrics,
    colours: &'a Palette,
}

impl Pen<'_> {
    fn text(&mut self, at: Point, size: f64, colour: &str, extra: &str, text: &str) {
        self.svg.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{size}\" fill=\"{colour}\" {extra}>{}</text>\n",
            at.x,
            at.y,
            escape(text)
        ));
    }

    fn link(&mut self, edge: &Edge, link: &PlacedLink) {
        let (dashes, opacity) = match (edge.is_up, edge.kind) {
            (false, _) => ("stroke-dasharray=\"1 5\" stroke-linecap=\"round\"", 0.6),
            (true, EdgeKind::Forwarding) => ("stroke-dasharray=\"6 4\"", 0.8),
            (true, _) => ("", 1.0),
        };
        let colour = &self.colours.link;
        self.svg.push_str(&format!(
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
             opacity=\"{opacity}\" {dashes}/>\n",
            link.path()
        ));
        let Point { x, y } = link.middle;
        if edge.is_blocked() {
            self.svg.push_str(&format!(
                "<path d=\"M {x} {} V {}\" stroke=\"{}\" stroke-width=\"3\" \
                 stroke-linecap=\"round\"/>\n",
                y - 8.0,
                y + 8.0,
                self.colours.neutral
            ));
        }
        if let Some(vid) = edge.vid {
            let (text, background) = (self.colours.text.clone(), &self.colours.head);
            self.svg.push_str(&format!(
                "<rect x=\"{}\" y=\"{}\" width=\"56\" height=\"16\" rx=\"8\" \
                 fill=\"{background}\" stroke=\"{colour}\"/>\n",
                x - 28.0,
                y - 8.0
            ));
            let centred = "text-anchor=\"middle\"";
            self.text(
                Point::new(x, y + 3.5),
                10.0,
                &text,
                centred,
                &format!("VLAN {vid}"),
            );
        }
    }

    fn node(&mut self, node: &Node, place: &PlacedNode) {
        let is_off = !matches!(node.state, NodeState::Up | NodeState::NoCarrier);
        let opacity = if is_off { 0.7 } else { 1.0 };
        self.svg.push_str(&format!("<g opacity=\"{opacity}\">\n"));
        self.svg
            .push_str(&format!("<title>{}</title>\n", escape(node.sentence())));
        self.body(node, place.rect);
        for tick in &place.ticks {
            self.tick(node, tick);
        }
        self.words(node, place.rect);
        self.svg.push_str("</g>\n");
    }

    fn body(&mut self, node: &Node, Rect { at, size }: Rect) {
        let Palette {
            plate,
            head,
            outline,
            ..
        } = self.colours;
        let radius = match node.kind {
            NodeKind::Switch { .. } => 8.0,
            NodeKind::Network(_) => 14.0,
            NodeKind::Gateway => size.height / 2.0,
            _ => 4.0,
        };
        let dashes = match node.state {
            NodeState::Up | NodeState::NoCarrier => "",
            _ => "stroke-dasharray=\"4 3\"",
        };
        let shape = |inset: f64, fill: &str, rest: &str| {
            format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{radius}\" \
                 fill=\"{fill}\" {rest}/>\n",
                at.x + inset,
                at.y + inset,
                size.width - 2.0 * inset,
                size.height - 2.0 * inset
            )
        };
        // A second card behind the first says that there are more.
        if let NodeKind::MachineGroup { .. } | NodeKind::PortGroup { .. } = node.kind {
            let behind = format!("stroke=\"{outline}\" transform=\"translate(4 4)\"");
            self.svg.push_str(&shape(0.5, plate, &behind));
        }
        let rest = format!("stroke=\"{outline}\" {dashes}");
        let fill = match node.kind {
            NodeKind::Switch { .. } => head,
            _ => plate,
        };
        self.svg.push_str(&shape(0.5, fill, &rest));
        if matches!(node.kind, NodeKind::Network(_)) && size.height > self.metrics.head {
            self.svg.push_str(&format!(
                "<path d=\"M {} {} H {}\" stroke=\"{outline}\" opacity=\"0.6\"/>\n",
                at.x + 1.0,
                at.y + self.metrics.head,
                at.x + size.width - 1.0
            ));
        }
        if matches!(node.kind, NodeKind::Machine(_)) {
            self.svg.push_str(&format!(
                "<path d=\"M {} {} V {}\" stroke=\"{}\" stroke-width=\"3\" \
                 stroke-linecap=\"round\"/>\n",
                at.x + size.width - 5.0,
                at.y + 9.0,
                at.y + size.height - 9.0,
                self.state_colour(node.state)
            ));
        }
    }

    fn state_colour(&self, state: NodeState) -> &str {
        match state {
            NodeState::Up => &self.colours.positive,
            NodeState::Off => &self.colours.outline,
            NodeState::Paused | NodeState::NoCarrier => &self.colours.neutral,
            NodeState::Crashed | NodeState::Missing => &self.colours.negative,
        }
    }

    fn words(&mut self, node: &Node, Rect { at, size }: Rect) {
        let is_switch = matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_));
        let head = if is_switch {
            self.metrics.head
        } else {
            size.height
        };
        let middle = at.y + head / 2.0;
        let colour = match node.state {
            NodeState::Up | NodeState::Off => self.colours.text.clone(),
            state => self.state_colour(state).to_owned(),
        };
        self.svg.push_str(&format!(
            "<path d=\"{}\" transform=\"translate({} {}) scale(1.2)\" fill=\"none\" \
             stroke=\"{colour}\" stroke-width=\"1.1\" stroke-linejoin=\"round\" \
             stroke-linecap=\"round\"/>\n",
            icon(&node.kind),
            at.x + 10.0,
            middle - 9.6
        ));
        // Average widths of the letters, a little on the safe side.
        let room = size.width - TEXT_LEFT - 8.0;
        let fits = |of: f64| {
            let mut count = 0;
            while f64::from(count + 1) * of <= room {
                count += 1;
            }
            usize::try_from(count).unwrap_or(0)
        };
        let (text, faint) = (self.colours.text.clone(), self.colours.faint.clone());
        let name = elide_middle(&node.name, fits(7.4));
        let bold = "font-weight=\"600\"";
        self.text(
            Point::new(at.x + TEXT_LEFT, middle - 2.0),
            12.5,
            &text,
            bold,
            &name,
        );
        let says_state = matches!(node.kind, NodeKind::Machine(_)) || node.state == NodeState::Up;
        let detail = match (says_state, node.addresses.is_empty()) {
            (true, _) => node.detail.clone(),
            (false, true) => node.state.word().to_owned(),
            (false, false) => format!("{} · {}", node.state.word(), node.detail),
        };
        let detail = elide_middle(&detail, fits(6.0));
        self.text(
            Point::new(at.x + TEXT_LEFT, middle + 13.0),
            10.5,
            &faint,
            "",
            &detail,
        );
    }

    fn tick(&mut self, node: &Node, tick: &Tick) {
        let Point { x, y } = tick.at;
        let is_switch = matches!(node.kind, NodeKind::Switch { .. } | NodeKind::Network(_));
        let (width, height) = if is_switch { (7.0, 9.0) } else { (4.0, 7.0) };
        self.svg.push_str(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"1.5\" \
             fill=\"{}\"/>\n",
            x - width / 2.0,
            y - height / 2.0,
            self.colours.link
        ));
        let (x, anchor) = match tick.side {
            Side::Left => (x + 9.0, "text-anchor=\"start\""),
            Side::Right => (x - 9.0, "text-anchor=\"end\""),
        };
        let faint = self.colours.faint.clone();
        let label = elide_middle(&tick.label, 18);
        if !label.is_empty() {
            self.text(Point::new(x, y + 3.5), 10.0, &faint, anchor, &label);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Positions;
    use crate::topology::Options;
    use crate::topology_scene::{large, small, varied};

    fn drawn(snapshot: &crate::state::Snapshot, colours: &Palette) -> String {
        let graph = Graph::of(snapshot, &Options::default());
        let metrics = Metrics::default();
        let layout = Layout::of(&graph, &metrics, &Positions::new());
        topology_svg(&graph, &layout, &metrics, colours)
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(elide_middle("br0", 5), "br0");
        assert_eq!(elide_middle("integration-br", 9), "inte…n-br");
        assert_eq!(elide_middle("abc", 0), "…");
    }

    #[test]
    fn every_picture_is_well_formed() {
        for snapshot in [small(), large(), varied()] {
            for colours in [Palette::light(), Palette::dark()] {
                let svg = drawn(&snapshot, &colours);
                let mut reader = quick_xml::Reader::from_str(&svg);
                while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
            }
        }
    }

    /// Writes the pictures where `NOVA_PICTURES` says, to be looked at.
    #[test]
    #[allow(clippy::disallowed_methods)] // A test that a person asks for pictures.
    fn pictures_can_be_looked_at() {
        let Ok(folder) = std::env::var("NOVA_PICTURES") else {
            return;
        };
        let scenes = [("small", small()), ("large", large()), ("varied", varied())];
        for (name, snapshot) in scenes {
            for (tone, colours) in [("light", Palette::light()), ("dark", Palette::dark())] {
                let file = format!("{folder}/topology-{name}-{tone}.svg");
                std::fs::write(file, drawn(&snapshot, &colours)).unwrap();
            }
        }
    }
}
