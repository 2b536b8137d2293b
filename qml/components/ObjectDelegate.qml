// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates
import org.nova.networking

// A row of a list of objects: icon, name, what people look for, and the state
// where it is not the usual one. All rows are the same height.
Delegates.RoundedItemDelegate {
    id: root

    required property string title
    required property string facts
    required property string symbol
    required property string chip
    required property string chipKind
    // What it carries now; right-aligned, so that rows can be compared.
    required property string rate
    // The switch or card whose last minute is drawn beside the rate, 0 for none.
    property int carries: 0

    text: title
    rightPadding: Kirigami.Units.largeSpacing * 2
    Accessible.name: title
    Accessible.description: [facts, rate, chip].filter(part => part !== "").join(", ")
    Accessible.selectable: true
    Accessible.selected: highlighted
    Accessible.onPressAction: clicked()
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    contentItem: RowLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.medium
            Layout.preferredHeight: Kirigami.Units.iconSizes.medium
            source: root.symbol
            isMask: true
        }

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            RowLayout {
                Layout.fillWidth: true
                // With a chip and without.
                Layout.preferredHeight: Math.round(Kirigami.Units.gridUnit * 1.25)
                spacing: Kirigami.Units.smallSpacing

                ElidedLabel {
                    Layout.fillWidth: true
                    text: root.title
                    font.bold: true
                    Accessible.ignored: true
                }

                StateChip {
                    text: root.chip
                    kind: root.chipKind
                    Accessible.ignored: true
                }

                // Beside the rate: the facts have the line below for themselves.
                Sparkline {
                    Layout.fillWidth: true
                    Layout.minimumWidth: Kirigami.Units.gridUnit
                    Layout.preferredWidth: Kirigami.Units.gridUnit * 3
                    Layout.maximumWidth: Kirigami.Units.gridUnit * 3
                    Layout.preferredHeight: Math.round(Kirigami.Units.gridUnit * 0.85)
                    visible: root.carries > 0
                    linkIndex: root.carries
                    color: Kirigami.Theme.highlightColor
                }

                Controls.Label {
                    visible: root.rate !== ""
                    // The same for every row, so that numbers can be compared.
                    Layout.preferredWidth: Kirigami.Units.gridUnit * 4
                    text: root.rate
                    horizontalAlignment: Text.AlignRight
                    font.features: {
                        "tnum": 1
                    }
                    Accessible.ignored: true
                }
            }

            ElidedLabel {
                Layout.fillWidth: true
                Layout.preferredHeight: Math.round(Kirigami.Units.gridUnit * 0.85)
                text: root.facts
                elide: Text.ElideRight
                font: Kirigami.Theme.smallFont
                color: Kirigami.Theme.disabledTextColor
                Accessible.ignored: true
            }
        }
    }
}
