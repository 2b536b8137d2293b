// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.nova.networking

// How a bond of Open vSwitch spreads frames and whether it speaks LACP.
ColumnLayout {
    id: root

    required property Form form

    spacing: 0

    ChoiceField {
        form: root.form
        field: "mode"
        name: "mode"
        values: "active-backup balance-slb balance-tcp"
        labels: [i18nc("@item:inlistbox mode of a bond", "One works, the others wait (active-backup)"), i18nc("@item:inlistbox", "By MAC address (balance-slb)"), i18nc("@item:inlistbox", "By connection (balance-tcp)")].join("\n")
        text: i18nc("@label:listbox", "How frames are spread")
    }

    ChoiceField {
        form: root.form
        field: "lacp"
        name: "lacp"
        values: "off active passive"
        labels: [i18nc("@item:inlistbox LACP", "Off"), i18nc("@item:inlistbox LACP", "Active: it begins"), i18nc("@item:inlistbox LACP", "Passive: it answers")].join("\n")
        text: i18nc("@label:listbox", "LACP")
        description: i18nc("@info", "The switch at the other end must speak it, too.")
    }
}
