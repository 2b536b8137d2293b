// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Line drawings for the exported picture, in the manner of symbolic icons.

use crate::link::LinkKind;
use crate::topology::NodeKind;

/// SVG path data of the icon of this kind, 16 units square, to be stroked.
pub(crate) const fn icon(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Gateway => {
            "M 8 1.5 A 6.5 6.5 0 1 1 8 14.5 A 6.5 6.5 0 1 1 8 1.5 Z M 1.5 8 H 14.5 \
             M 8 1.5 C 4 5 4 11 8 14.5 M 8 1.5 C 12 5 12 11 8 14.5"
        }
        NodeKind::Uplink(LinkKind::Wireless) => {
            "M 1.5 6.5 C 5 2.8 11 2.8 14.5 6.5 M 4 9 C 6.2 6.8 9.8 6.8 12 9 \
             M 6.3 11.3 C 7.2 10.4 8.8 10.4 9.7 11.3 M 8 13.5 V 13.6"
        }
        NodeKind::Uplink(_) => {
            "M 2.5 2.5 H 13.5 V 11.5 H 10.5 V 13.5 H 5.5 V 11.5 H 2.5 Z M 5.5 2.5 V 5.5 \
             M 8 2.5 V 5.5 M 10.5 2.5 V 5.5"
        }
        NodeKind::Switch { .. } => {
            "M 2 5 H 13 M 10.5 2.5 L 13.5 5 L 10.5 7.5 M 14 11 H 3 M 5.5 8.5 L 2.5 11 L 5.5 13.5"
        }
        NodeKind::Network(_) => {
            "M 4.5 12.5 A 3 3 0 0 1 4.2 6.6 A 4 4 0 0 1 11.8 6 A 3.3 3.3 0 0 1 11.8 12.5 Z"
        }
        NodeKind::Machine(_) => "M 1.5 2.5 H 14.5 V 11 H 1.5 Z M 8 11 V 13.5 M 5 13.5 H 11",
        NodeKind::MachineGroup { .. } => {
            "M 1.5 5 H 11 V 11.5 H 1.5 Z M 4 2.5 H 14.5 V 9 M 6.2 11.5 V 13.5 M 4 13.5 H 8.5"
        }
        NodeKind::PortGroup { .. } => {
            "M 5 1.5 V 5 M 11 1.5 V 5 M 3 5 H 13 V 8 A 5 4 0 0 1 3 8 Z M 8 12 V 14.5"
        }
    }
}
