// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// Ports by VLANs. A press on a cell turns it: not carried, tagged, untagged,
// native. The names stay where they are when one scrolls to the side.
ListView {
    id: root

    required property Form form
    required property string switchName
    required property bool changeable

    readonly property list<string> columns: form.values.columns ?? []
    readonly property list<string> fixed: form.values.fixed ?? []
    readonly property list<string> edited: form.values.edited ?? []
    readonly property real cellWidth: Kirigami.Units.gridUnit * 4
    readonly property real nameWidth: Math.min(Kirigami.Units.gridUnit * 10, width * 0.4)

    clip: true
    // Rows that come out of a pool or of what lies beyond the edge are not there
    // for assistive tools.
    reuseItems: false
    cacheBuffer: 0
    activeFocusOnTab: count > 0
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    flickableDirection: Flickable.HorizontalAndVerticalFlick
    contentWidth: Math.max(width, nameWidth + columns.length * cellWidth + Kirigami.Units.largeSpacing)
    headerPositioning: ListView.OverlayHeader
    Controls.ScrollBar.vertical: Controls.ScrollBar {}
    Controls.ScrollBar.horizontal: Controls.ScrollBar {}
    Accessible.role: Accessible.List
    Accessible.name: i18nc("@info:whatsthis", "VLANs of %1", switchName)

    // Brings a column into sight that the keyboard has reached.
    function reveal(column: int): void {
        const left = column * cellWidth;
        const most = Math.max(0, contentWidth - width);
        contentX = Math.min(most, Math.max(Math.min(contentX, left), left + cellWidth + nameWidth - width));
    }

    // A text, which changes only when it differs: the rows stay otherwise.
    readonly property string names: (form.values.lines ?? []).join("\n")
    model: names === "" ? [] : names.split("\n")

    header: Rectangle {
        z: 2
        width: root.contentWidth
        height: Kirigami.Units.gridUnit * 2
        color: Kirigami.Theme.backgroundColor

        Row {
            x: root.nameWidth

            Repeater {
                model: root.columns.length

                Controls.Label {
                    required property int index

                    width: root.cellWidth
                    height: Kirigami.Units.gridUnit * 2
                    text: root.columns[index] ?? ""
                    horizontalAlignment: Text.AlignHCenter
                    verticalAlignment: Text.AlignVCenter
                    elide: Text.ElideRight
                    font.features: {
                        "tnum": 1
                    }
                }
            }
        }

        Rectangle {
            x: root.contentX
            width: root.nameWidth
            height: parent.height
            color: Kirigami.Theme.backgroundColor

            Controls.Label {
                anchors.fill: parent
                leftPadding: Kirigami.Units.largeSpacing * 2
                text: i18nc("@title:column", "Port")
                color: Kirigami.Theme.disabledTextColor
                verticalAlignment: Text.AlignVCenter
            }
        }
    }

    delegate: Item {
        id: line

        required property string modelData
        readonly property list<string> cells: root.form.values["line:" + modelData] ?? []
        readonly property bool itself: modelData === root.switchName
        readonly property bool editable: root.changeable && !root.fixed.includes(modelData)

        width: root.contentWidth
        height: Kirigami.Units.gridUnit * 2.5
        Accessible.role: Accessible.ListItem
        Accessible.name: modelData

        Row {
            x: root.nameWidth
            anchors.verticalCenter: parent.verticalCenter

            Repeater {
                model: line.cells.length

                VlanCell {
                    required property int index

                    width: root.cellWidth
                    port: line.modelData
                    vlan: root.columns[index] ?? ""
                    membership: line.cells[index] ?? ""
                    enabled: line.editable
                    onClicked: root.form.put("turn", line.modelData + "/" + vlan)
                    onActiveFocusChanged: {
                        if (activeFocus) {
                            root.reveal(index);
                        }
                    }
                }
            }
        }

        Rectangle {
            x: root.contentX
            width: root.nameWidth
            height: parent.height
            color: Kirigami.Theme.backgroundColor

            ColumnLayout {
                anchors {
                    left: parent.left
                    right: parent.right
                    leftMargin: Kirigami.Units.largeSpacing * 2
                    verticalCenter: parent.verticalCenter
                }
                spacing: 0

                ElidedLabel {
                    Layout.fillWidth: true
                    text: line.modelData
                    font.bold: true
                    font.italic: root.edited.includes(line.modelData)
                    Accessible.ignored: true
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    visible: line.itself
                    text: i18nc("@info the bridge as a port of itself", "towards this host")
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }
            }
        }

        Kirigami.Separator {
            anchors {
                left: parent.left
                right: parent.right
                bottom: parent.bottom
            }
            opacity: 0.4
        }
    }
}
