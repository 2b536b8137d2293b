// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// Which spanning tree a switch of Open vSwitch has.
ChoiceField {
    field: "rstp"
    name: "tree"
    values: "off stp rstp"
    labels: [i18nc("@item:inlistbox spanning tree", "Off"), i18nc("@item:inlistbox", "Spanning tree (802.1D)"), i18nc("@item:inlistbox", "Rapid spanning tree (802.1D-2004)")].join("\n")
    text: i18nc("@label:listbox", "Spanning tree")
    description: i18nc("@info", "Keeps loops between switches from flooding the network.")
}
