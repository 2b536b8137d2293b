// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The columns of the flows of a switch: a row of the table, or its head.
RowLayout {
    id: root

    property string priority: i18nc("@title:column of a flow", "Priority")
    property string frames: i18nc("@title:column of a flow", "Frames and what happens to them")
    property string actions: ""
    property string packets: i18nc("@title:column", "Packets")
    property string bytes: i18nc("@title:column", "Data")
    property string age: i18nc("@title:column of a flow", "Age")
    property color color: Kirigami.Theme.textColor

    spacing: Kirigami.Units.largeSpacing

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 3
        text: root.priority
    }

    ColumnLayout {
        Layout.fillWidth: true
        spacing: 0

        ElidedLabel {
            Layout.fillWidth: true
            text: root.frames
            color: root.color
            Accessible.ignored: true
        }

        ElidedLabel {
            Layout.fillWidth: true
            visible: root.actions !== ""
            text: i18nc("@info the actions of a flow", "→ %1", root.actions)
            color: root.color
            // Readable on the highlight, too.
            opacity: 0.75
            Accessible.ignored: true
        }
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 4
        text: root.packets
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 4
        text: root.bytes
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 3
        text: root.age
    }

    component Cell: Controls.Label {
        color: root.color
        textFormat: Text.PlainText
        horizontalAlignment: Text.AlignRight
        elide: Text.ElideRight
        font.features: {
            "tnum": 1
        }
        Accessible.ignored: true
    }
}
