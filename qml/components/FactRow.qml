// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// A row of a list about parts of a switch: icon, name and lines of text; what
// can be done with it stands at its end.
Controls.ItemDelegate {
    id: root

    required property string title
    property string symbol: ""
    property list<string> lines: []
    default property alias ends: ends.data
    // Whether it is the row of its list that the keyboard is on.
    readonly property bool current: ListView.isCurrentItem

    hoverEnabled: false
    text: title
    leftPadding: Kirigami.Units.largeSpacing * 2
    rightPadding: Kirigami.Units.largeSpacing
    Accessible.name: title
    Accessible.description: lines.filter(line => line !== "").join(", ")

    contentItem: RowLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.smallMedium
            Layout.preferredHeight: Kirigami.Units.iconSizes.smallMedium
            visible: root.symbol !== ""
            source: root.symbol
            isMask: true
        }

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            ElidedLabel {
                Layout.fillWidth: true
                text: root.title
                font.bold: true
                Accessible.ignored: true
            }

            Repeater {
                model: root.lines.length

                ElidedLabel {
                    required property int index

                    Layout.fillWidth: true
                    visible: text !== ""
                    text: root.lines[index] ?? ""
                    elide: Text.ElideRight
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }
            }
        }

        RowLayout {
            id: ends

            spacing: Kirigami.Units.smallSpacing
        }
    }
}
