// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// The machines plugged into a network.
ListView {
    id: root

    required property RowModel rows

    model: rows
    clip: true
    activeFocusOnTab: count > 0
    keyNavigationEnabled: true
    topMargin: Kirigami.Units.smallSpacing
    boundsBehavior: Flickable.StopAtBounds
    Controls.ScrollBar.vertical: Controls.ScrollBar {}
    Accessible.role: Accessible.List
    Accessible.name: i18nc("@info:whatsthis", "Machines")

    delegate: ObjectDelegate {
        required property string name
        required property string doing
        required property bool isRunning

        width: ListView.view.width
        title: name
        symbol: "computer-symbolic"
        rate: ""
        chip: doing
        chipKind: isRunning ? "positive" : "neutral"
        hoverEnabled: false
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 4
        visible: root.rows.ready && root.rows.total === 0
        icon.name: "computer-symbolic"
        text: i18nc("@info:placeholder", "No machines")
        explanation: i18nc("@info", "No machine has an interface in this network.")
    }
}
