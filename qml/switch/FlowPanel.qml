// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The flows of a switch of Open vSwitch, read when the panel is opened and
// when one asks for it.
ColumnLayout {
    id: root

    required property string switchName

    spacing: 0

    onVisibleChanged: Qt.callLater(refresh)
    onSwitchNameChanged: Qt.callLater(refresh)
    Component.onCompleted: Qt.callLater(refresh)

    function refresh(): void {
        if (visible && query.name !== "") {
            query.readFlows();
        }
    }

    QueryView {
        id: query

        name: root.switchName
    }

    RowLayout {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.smallSpacing
        Layout.leftMargin: Kirigami.Units.largeSpacing
        Layout.rightMargin: Kirigami.Units.largeSpacing
        visible: query.hasFlows
        spacing: Kirigami.Units.smallSpacing

        Kirigami.SearchField {
            id: search

            Layout.fillWidth: true
            placeholderText: i18nc("@info:placeholder", "Port, address or action…")
            Accessible.name: i18nc("@label:textbox", "Search the flows")
            onTextChanged: rows.filter = text
            Keys.onDownPressed: {
                list.forceActiveFocus(Qt.TabFocusReason);
                list.select(Math.max(0, list.currentIndex));
            }
        }

        Controls.ToolButton {
            action: refreshAction
        }
    }

    Kirigami.Action {
        id: refreshAction

        icon.name: "view-refresh"
        text: i18nc("@action:button", "Refresh")
        enabled: !query.flowsBusy
        onTriggered: query.readFlows()
    }

    FlowRow {
        Layout.fillWidth: true
        Layout.leftMargin: Kirigami.Units.largeSpacing * 2
        Layout.rightMargin: Kirigami.Units.largeSpacing * 2 + list.barWidth
        Layout.bottomMargin: Kirigami.Units.smallSpacing
        visible: query.hasFlows && rows.count > 0
        color: Kirigami.Theme.disabledTextColor
    }

    Kirigami.Separator {
        Layout.fillWidth: true
        visible: query.hasFlows && rows.count > 0
    }

    KeyedList {
        id: list

        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: i18nc("@info:whatsthis", "Flows of %1", root.switchName)
        copied: "frames"

        rows: RowModel {
            id: rows

            source: RowModel.Flows
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
            id: flow

            required property string table
            required property string priority
            required property string frames
            required property string actions
            required property real packets
            required property string bytes
            required property string age

            readonly property string counted: packets.toLocaleString(Qt.locale(), "f", 0)

            title: frames
            about: [
                i18nc("@info:whatsthis of a flow", "table %1", table),
                i18nc("@info:whatsthis of a flow", "priority %1", priority),
                i18nc("@info:whatsthis of a flow", "actions %1", actions),
                i18nc("@info:whatsthis of a flow", "%1 packets", counted),
                bytes,
                age === "" ? "" : i18nc("@info:whatsthis of a flow", "for %1", age)
            ]

            contentItem: FlowRow {
                priority: flow.priority
                frames: flow.frames
                actions: flow.actions
                packets: flow.counted
                bytes: flow.bytes
                age: flow.age
            }
        }

        ListState {
            parent: list
            count: rows.count
            total: rows.total
            ready: query.hasFlows
            loadingText: i18nc("@info:placeholder", "Asking ovs-vswitchd…")
            problem: query.flowsError
            remedy: query.flowsRemedy
            problemIcon: query.flowsIcon
            problemAction: Kirigami.Action {
                icon.name: "view-refresh"
                text: i18nc("@action:button", "Try Again")
                onTriggered: query.readFlows()
            }
            emptyIcon: "view-list-details"
            emptyTitle: i18nc("@info:placeholder", "No flows")
            emptyText: i18nc("@info", "A flow says what happens to the frames it matches. Without any, this switch drops every frame, until a controller adds flows.")
            emptyAction: refreshAction
            onSearchCleared: search.clear()
        }
    }

    Kirigami.Separator {
        Layout.fillWidth: true
        visible: query.hasFlows
    }

    Controls.Label {
        Layout.fillWidth: true
        visible: query.hasFlows
        padding: Kirigami.Units.smallSpacing
        leftPadding: Kirigami.Units.largeSpacing * 2
        rightPadding: Kirigami.Units.largeSpacing * 2
        text: i18nc("@info", "Read at %1. In a table, of all flows that match a frame the one with the highest priority counts. NORMAL forwards as a switch without flows does.", new Date(query.flowsAt * 1000).toLocaleTimeString(Qt.locale(), Locale.LongFormat))
        font: Kirigami.Theme.smallFont
        color: Kirigami.Theme.disabledTextColor
        wrapMode: Text.Wrap
    }
}
