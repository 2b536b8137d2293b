// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// How one port carries one VLAN, by a letter and by colour.
Controls.AbstractButton {
    id: root

    required property string port
    required property string vlan
    // Empty, tagged, untagged, native or native-tagged.
    required property string membership

    readonly property var looks: ({
        "tagged": [i18nc("short for a tagged VLAN", "T"), i18nc("@info a VLAN of a port", "tagged"), Kirigami.Theme.highlightColor],
        "untagged": [i18nc("short for an untagged VLAN", "U"), i18nc("@info a VLAN of a port", "untagged"), Kirigami.Theme.neutralTextColor],
        "native": [i18nc("short for the native VLAN", "N"), i18nc("@info a VLAN of a port", "native, untagged"), Kirigami.Theme.positiveTextColor],
        "native-tagged": [i18nc("short for a native VLAN with tags", "N T"), i18nc("@info a VLAN of a port", "native, tagged on the way out"), Kirigami.Theme.positiveTextColor]
    })
    readonly property string word: looks[membership]?.[1] ?? i18nc("@info a VLAN of a port", "not carried")
    readonly property color tint: looks[membership]?.[2] ?? Kirigami.Theme.disabledTextColor

    implicitHeight: Kirigami.Units.gridUnit * 1.75
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    text: looks[membership]?.[0] ?? ""
    Accessible.role: Accessible.Button
    Accessible.name: i18nc("@info:whatsthis", "VLAN %1 on %2: %3", vlan, port, word)
    Accessible.onPressAction: clicked()
    Controls.ToolTip.text: Session.verbatim(i18nc("@info:tooltip", "VLAN %1 on %2: %3", vlan, port, word))
    Controls.ToolTip.visible: hovered
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

    background: Item {
        Rectangle {
            anchors.centerIn: parent
            width: Kirigami.Units.gridUnit * 2.5
            height: Kirigami.Units.gridUnit * 1.5
            radius: Kirigami.Units.cornerRadius
            color: Qt.alpha(root.tint, root.membership === "" ? (root.hovered ? 0.08 : 0) : 0.15)
            border.width: root.visualFocus ? 2 : 1
            border.color: root.visualFocus ? Kirigami.Theme.focusColor : Qt.alpha(root.tint, root.membership === "" ? 0.2 : 0.5)
        }
    }

    contentItem: Controls.Label {
        text: root.text
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        opacity: root.enabled ? 1 : 0.6
        Accessible.ignored: true
    }
}
