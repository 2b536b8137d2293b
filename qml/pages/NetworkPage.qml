// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// One libvirt network: how it reaches the outside, what it has leased to
// whom, and its start and stop.
Kirigami.Page {
    id: root

    required property string name

    title: view.title
    padding: 0
    // The header says it, with what belongs to it.
    titleDelegate: Item {}
    Kirigami.ColumnView.fillWidth: true
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    actions: [
        Kirigami.Action {
            visible: view.exists && !view.isActive
            icon.name: "media-playback-start"
            text: i18nc("@action:button", "Start")
            onTriggered: Session.startNetwork(root.name)
        },
        Kirigami.Action {
            visible: view.exists && view.isActive
            icon.name: "media-playback-stop"
            text: i18nc("@action:button", "Stop…")
            onTriggered: applicationWindow().openDialog(stopDialog, {
                network: root.name
            })?.open()
        }
    ]

    NetworkView {
        id: view

        name: root.name
    }

    header: ObjectHeader {
        title: view.title
        facts: view.facts
        symbol: view.symbol
        chip: {
            if (!view.exists) {
                return i18nc("@info:status", "gone");
            }
            return view.isActive ? i18nc("@info:status", "started") : i18nc("@info:status", "stopped");
        }
        chipKind: view.isActive ? "positive" : "neutral"
        tabs: [
            i18nc("@title:tab", "Overview"),
            i18nc("@title:tab", "Leases (%1)", leases.total),
            i18nc("@title:tab", "Machines (%1)", machines.total)
        ]
    }

    StackLayout {
        anchors.fill: parent
        currentIndex: (root.header as ObjectHeader).tab

        FactList {
            Accessible.name: i18nc("@info:whatsthis", "Facts about %1", view.title)

            model: RowModel {
                source: RowModel.NetworkFacts
                subject: root.name
            }

            header: AutostartSwitch {
                width: ListView.view.width
                visible: view.exists && view.isPersistent
                height: visible ? implicitHeight : 0
                network: root.name
                value: view.autostart
            }
        }

        LeaseList {
            rows: RowModel {
                id: leases

                source: RowModel.Leases
                subject: root.name
            }
        }

        MachineList {
            rows: RowModel {
                id: machines

                source: RowModel.Machines
                subject: root.name
            }
        }
    }

    Component {
        id: stopDialog

        StopNetworkDialog {
            onClosed: destroy()
        }
    }
}
