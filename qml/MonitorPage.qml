// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What the links carry: the selected one as a chart, the busiest beside it,
// all of them as a list.
Kirigami.Page {
    id: root

    property string selected: ""
    property real seconds: 60
    property bool paused: false
    property string first: ""
    readonly property string shown: selected === "" ? first : selected
    readonly property bool slim: width < Kirigami.Units.gridUnit * 44
    readonly property real chartHeight: Math.max(Kirigami.Units.gridUnit * 12, Math.min(height * 0.45, Kirigami.Units.gridUnit * 17))

    title: i18nc("@title", "Monitor")
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: 0
    bottomPadding: 0

    actions: [
        Kirigami.Action {
            displayComponent: Kirigami.SearchField {
                implicitWidth: Kirigami.Units.gridUnit * (root.slim ? 8 : 14)
                focusSequence: root.visible ? "Ctrl+F" : ""
                placeholderText: i18nc("@info:placeholder", "Search…")
                Accessible.name: i18nc("@label:textbox", "Search")
                onTextChanged: {
                    rows.filter = text;
                    choice.currentIndex = 0;
                }
                Keys.onDownPressed: {
                    choice.currentIndex = 0;
                    list.forceActiveFocus();
                }
            }
        },
        Kirigami.Action {
            icon.name: root.paused ? "media-playback-start" : "media-playback-pause"
            text: root.paused ? i18nc("@action:button", "Continue") : i18nc("@action:button", "Pause")
            displayHint: root.slim ? Kirigami.DisplayHint.IconOnly : Kirigami.DisplayHint.KeepVisible
            onTriggered: root.paused = !root.paused
        },
        Kirigami.Action {
            displayComponent: RangeChoice {
                seconds: root.seconds
                onChosen: seconds => root.seconds = seconds
            }
        }
    ]

    // A link that is gone gives way to the first.
    function settle(): void {
        if (selected !== "" && rows.value(selected, "name") === undefined) {
            selected = "";
        }
        if (first === "" || rows.value(first, "name") === undefined) {
            first = rows.keyAt(0);
        }
        mark();
    }

    function mark(): void {
        list.currentIndex = rows.rowOf(shown);
    }

    onShownChanged: mark()
    Component.onCompleted: settle()

    RowModel {
        id: rows

        source: RowModel.Traffic
        onTotalChanged: root.settle()
        onCountChanged: root.mark()
        onModelReset: root.mark()
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0
        visible: rows.total > 0

        TroubleNotice {
            Layout.fillWidth: true
            problem: Session.blindText !== "" ? Session.blindText : Session.libvirtText
            remedy: Session.blindText !== "" ? Session.blindRemedy : Session.libvirtRemedy
        }

        RowLayout {
            Layout.fillWidth: true
            Layout.fillHeight: false
            Layout.preferredHeight: root.chartHeight
            spacing: 0

            LinkChart {
                Layout.fillWidth: true
                Layout.fillHeight: true
                rows: rows
                name: root.shown
                seconds: root.seconds
                paused: root.paused
                onHeld: root.paused = true
            }

            Kirigami.Separator {
                Layout.fillHeight: true
                visible: !root.slim
            }

            TopTalkers {
                Layout.preferredWidth: Kirigami.Units.gridUnit * 15
                Layout.fillHeight: true
                visible: !root.slim
                onChosen: name => root.selected = name
            }
        }

        Kirigami.Separator {
            Layout.fillWidth: true
        }

        // Where there is no room beside the chart, one of the two.
        Tabs {
            id: choice

            Layout.fillWidth: true
            Layout.topMargin: Kirigami.Units.smallSpacing
            Layout.leftMargin: Kirigami.Units.largeSpacing
            visible: root.slim
            names: [i18nc("@title:tab", "All links"), i18nc("@title:tab", "Top talkers")]
        }

        Loader {
            Layout.fillWidth: true
            Layout.fillHeight: true
            active: root.slim && choice.currentIndex === 1
            visible: active

            sourceComponent: TopTalkers {
                titled: false
                onChosen: name => root.selected = name
            }
        }

        Controls.ScrollView {
            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: !root.slim || choice.currentIndex === 0
            Kirigami.Theme.colorSet: Kirigami.Theme.View
            Kirigami.Theme.inherit: false

            background: Rectangle {
                color: Kirigami.Theme.backgroundColor
            }

            ListView {
                id: list

                model: rows
                clip: true
                // Rows that come out of a pool or of what lies beyond the edge are not there
                // for assistive tools.
                reuseItems: false
                cacheBuffer: 0
                activeFocusOnTab: count > 0
                keyNavigationEnabled: true
                highlightMoveDuration: 0
                topMargin: Kirigami.Units.smallSpacing
                bottomMargin: Kirigami.Units.smallSpacing
                Accessible.role: Accessible.List
                Accessible.name: i18nc("@info:whatsthis", "Links by name")

                onCurrentIndexChanged: {
                    if (activeFocus && currentIndex >= 0) {
                        root.selected = rows.keyAt(currentIndex);
                    }
                }

                delegate: TrafficRow {
                    required property int index

                    width: ListView.view.width
                    // One row at a time, also when rows are used again.
                    highlighted: ListView.isCurrentItem
                    paused: root.paused
                    onClicked: {
                        list.forceActiveFocus();
                        root.selected = name;
                    }
                }

                Kirigami.PlaceholderMessage {
                    anchors.centerIn: parent
                    width: parent.width - Kirigami.Units.gridUnit * 4
                    visible: rows.count === 0
                    text: i18nc("@info:placeholder", "No link is found by that")
                }
            }
        }
    }

    ListState {
        count: rows.total
        total: rows.total
        ready: rows.ready
        problem: Session.blindText
        remedy: Session.blindRemedy
        emptyIcon: "network-wired-disconnected"
        emptyTitle: i18nc("@info:placeholder", "No link is up")
        emptyText: i18nc("@info", "What a switch, a network card or a machine carries is shown here while it is up.")
    }
}
