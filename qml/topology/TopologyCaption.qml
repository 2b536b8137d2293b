// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami

// A heading over a part of the picture.
Controls.Label {
    required property string kind
    required property real placeX
    required property real placeY
    required property real factor
    // The height that the layout keeps for it, around `placeY`.
    readonly property int band: 32

    x: Math.round(placeX * factor)
    // Its foot stays clear of what is below, at any zoom; above is room.
    y: Math.round((placeY + band / 2) * factor) - height - Math.round(Kirigami.Units.smallSpacing * 1.5)
    text: {
        switch (kind) {
        case "cards":
            return i18nc("@title:group", "Network cards without a switch");
        case "switches":
            return i18nc("@title:group", "Switches without ports");
        case "networks":
            return i18nc("@title:group", "Networks without machines");
        default:
            return i18nc("@title:group", "Machines without a network");
        }
    }
    color: Kirigami.Theme.disabledTextColor
    font.pixelSize: Math.max(11, Math.round(13 * factor))
}
