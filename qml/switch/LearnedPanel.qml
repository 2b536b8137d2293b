// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What a Linux bridge has learned: which address is behind which port, and
// which port asked for which multicast group.
ColumnLayout {
    id: root

    required property string switchName
    required property bool showsVlans

    spacing: 0

    QueryView {
        id: query

        name: root.switchName
    }

    // The kernel tells what is new, and of the time that passes only who asks.
    Timer {
        interval: 3000
        repeat: true
        triggeredOnStart: true
        running: root.visible && root.Window.visibility !== Window.Minimized && root.Window.visibility !== Window.Hidden
        onTriggered: query.readAges()
    }

    Kirigami.SearchField {
        id: search

        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.smallSpacing
        Layout.leftMargin: Kirigami.Units.largeSpacing
        Layout.rightMargin: Kirigami.Units.largeSpacing
        visible: rows.total > 0
        placeholderText: i18nc("@info:placeholder", "Address, machine or port…")
        Accessible.name: i18nc("@label:textbox", "Search what is learned")
        onTextChanged: rows.filter = text
        Keys.onDownPressed: {
            list.forceActiveFocus(Qt.TabFocusReason);
            list.select(Math.max(0, list.currentIndex));
        }
    }

    LearnedRow {
        Layout.fillWidth: true
        Layout.leftMargin: Kirigami.Units.largeSpacing * 2
        Layout.rightMargin: Kirigami.Units.largeSpacing * 2 + list.barWidth
        Layout.bottomMargin: Kirigami.Units.smallSpacing
        visible: rows.count > 0
        showsVlan: root.showsVlans
        color: Kirigami.Theme.disabledTextColor
    }

    Kirigami.Separator {
        Layout.fillWidth: true
        visible: rows.count > 0
    }

    KeyedList {
        id: list

        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: i18nc("@info:whatsthis", "What %1 has learned", root.switchName)
        copied: "address"

        rows: RowModel {
            id: rows

            source: RowModel.Learned
            subject: root.switchName
        }

        section.property: "section"
        section.delegate: Kirigami.Heading {
            required property string section

            width: ListView.view.width
            leftPadding: Kirigami.Units.largeSpacing * 2
            topPadding: Kirigami.Units.largeSpacing
            bottomPadding: Kirigami.Units.smallSpacing
            level: 4
            text: section
        }

        delegate: SelectableRow {
            id: entry

            required property string address
            required property string owner
            required property string port
            required property string vlan
            required property string idle
            required property string kind

            title: address
            about: [
                owner,
                i18nc("@info:whatsthis", "port %1", port),
                vlan === "" ? "" : i18nc("@info:whatsthis", "VLAN %1", vlan),
                kind,
                idle === "" ? "" : i18nc("@info:whatsthis of an address", "silent for %1", idle)
            ]

            contentItem: LearnedRow {
                address: entry.address
                owner: entry.owner
                port: entry.port
                vlan: entry.vlan
                idle: entry.idle
                showsVlan: root.showsVlans
            }
        }

        ListState {
            parent: list
            count: rows.count
            total: rows.total
            ready: rows.ready
            emptyIcon: "network-wired-symbolic"
            emptyTitle: i18nc("@info:placeholder", "Nothing learned yet")
            emptyText: i18nc("@info", "A switch remembers behind which port it saw an address, and sends frames for that address only there. An address appears here as soon as something behind a port sends.")
            onSearchCleared: search.clear()
        }
    }

    Kirigami.Separator {
        Layout.fillWidth: true
    }

    ElidedLabel {
        Layout.fillWidth: true
        padding: Kirigami.Units.smallSpacing
        leftPadding: Kirigami.Units.largeSpacing * 2
        text: query.learnedNote
        elide: Text.ElideRight
        font: Kirigami.Theme.smallFont
        color: Kirigami.Theme.disabledTextColor
    }
}
