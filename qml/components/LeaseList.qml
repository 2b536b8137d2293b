// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The addresses a network has given out.
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
    Accessible.name: i18nc("@info:whatsthis", "Leases")

    delegate: Controls.ItemDelegate {
        id: lease

        required property string address
        required property string hostname
        required property string mac
        required property real expires

        readonly property string about: [hostname, mac].filter(part => part !== "").join(" · ")
        readonly property string end: expires === 0
            ? i18nc("@info a lease", "does not end")
            : i18nc("@info a lease, until a time", "until %1", new Date(expires * 1000).toLocaleString(Qt.locale(), Locale.ShortFormat))

        width: ListView.view.width
        text: address
        hoverEnabled: false
        leftPadding: Kirigami.Units.largeSpacing * 2
        rightPadding: Kirigami.Units.largeSpacing * 2
        Accessible.name: address
        Accessible.description: [about, end].join(", ")

        contentItem: RowLayout {
            spacing: Kirigami.Units.largeSpacing

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                ElidedLabel {
                    Layout.fillWidth: true
                    text: lease.address
                    font.bold: true
                    Accessible.ignored: true
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    text: lease.about
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }
            }

            Controls.Label {
                text: lease.end
                color: Kirigami.Theme.disabledTextColor
                Accessible.ignored: true
            }
        }
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 4
        visible: root.rows.ready && root.rows.total === 0
        icon.name: "network-card"
        text: i18nc("@info:placeholder", "No leases")
        explanation: i18nc("@info", "A lease appears here when a machine asks for an address.")
    }
}
