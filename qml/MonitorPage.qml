// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What the links carry: the selected one as a chart, all of them as a list
// with the busiest first.
Kirigami.Page {
    id: root

    property string selected: ""
    property real seconds: 60
    property bool paused: false
    readonly property string shown: rows.rowOf(selected) < 0 && rows.total > 0 ? first : selected
    property string first: ""

    title: i18nc("@title", "Monitor")
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: 0
    bottomPadding: 0

    actions: [
        Kirigami.Action {
            icon.name: root.paused ? "media-playback-start" : "media-playback-pause"
            text: root.paused ? i18nc("@action:button", "Continue") : i18nc("@action:button", "Pause")
            displayHint: Kirigami.DisplayHint.KeepVisible
            onTriggered: root.paused = !root.paused
        },
        Kirigami.Action {
            displayComponent: RangeChoice {
                seconds: root.seconds
                onChosen: seconds => root.seconds = seconds
            }
        }
    ]

    RowModel {
        id: rows

        source: RowModel.Talkers
        onCountChanged: {
            if (root.first === "" || rowOf(root.first) < 0) {
                root.first = keyAt(0);
            }
        }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0
        visible: rows.total > 0

        LinkChart {
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(Kirigami.Units.gridUnit * 11, Math.min(root.height * 0.45, Kirigami.Units.gridUnit * 18))
            rows: rows
            name: root.shown
            seconds: root.seconds
            paused: root.paused
            onHeld: root.paused = true
        }

        Kirigami.Separator {
            Layout.fillWidth: true
        }

        Controls.ScrollView {
            Layout.fillWidth: true
            Layout.fillHeight: true

            ListView {
                id: list

                model: rows
                clip: true
                reuseItems: true
                activeFocusOnTab: true
                keyNavigationEnabled: true
                currentIndex: -1
                Accessible.role: Accessible.List
                Accessible.name: i18nc("@info:whatsthis", "Links, the busiest first")

                delegate: TrafficRow {
                    width: ListView.view.width
                    highlighted: name === root.shown
                    paused: root.paused
                    onClicked: root.selected = name
                }
            }
        }
    }

    ListState {
        count: rows.total
        total: 1
        ready: rows.ready && rows.total > 0
        problem: rows.total > 0 ? "" : Session.blindText
        remedy: Session.blindRemedy
    }
}
