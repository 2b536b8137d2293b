// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates

// A row of a list of objects: icon, name, what people look for, and the state
// where it is not the usual one. All rows are the same height.
Delegates.RoundedItemDelegate {
    id: root

    required property string title
    required property string facts
    required property string symbol
    required property string chip
    required property string chipKind
    required property string spoken
    // What it carries now; right-aligned, so that rows can be compared.
    required property string rate

    text: title
    rightPadding: Kirigami.Units.largeSpacing * 2
    Accessible.name: spoken

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

            ElidedLabel {
                Layout.fillWidth: true
                text: root.title
                font.bold: true
                Accessible.ignored: true
            }

            ElidedLabel {
                Layout.fillWidth: true
                text: root.facts
                elide: Text.ElideRight
                font: Kirigami.Theme.smallFont
                color: Kirigami.Theme.disabledTextColor
                Accessible.ignored: true
            }
        }

        Controls.Label {
            visible: root.rate !== ""
            text: root.rate
            horizontalAlignment: Text.AlignRight
            font.features: {
                "tnum": 1
            }
            Accessible.ignored: true
        }

        StateChip {
            text: root.chip
            kind: root.chipKind
            Accessible.ignored: true
        }
    }
}
