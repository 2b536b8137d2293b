// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates
import org.nova.networking

// A link with what it carries.
Delegates.RoundedItemDelegate {
    id: root

    required property string name
    required property int linkIndex
    required property string about
    required property string symbol
    required property string received
    required property string sent
    required property bool paused

    text: name
    Accessible.name: i18nc("@info:whatsthis", "%1, %2, receives %3, sends %4", name, about, received, sent)
    Accessible.selectable: true
    Accessible.selected: highlighted
    Accessible.onPressAction: clicked()
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    contentItem: RowLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.smallMedium
            Layout.preferredHeight: Kirigami.Units.iconSizes.smallMedium
            source: root.symbol
            isMask: true
            color: Kirigami.Theme.textColor
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.preferredWidth: Kirigami.Units.gridUnit * 8
            spacing: 0

            ElidedLabel {
                Layout.fillWidth: true
                text: root.name
                font.weight: Font.DemiBold
                Accessible.ignored: true
            }

            ElidedLabel {
                Layout.fillWidth: true
                text: root.about
                // Readable on the highlight, too.
                opacity: 0.75
                font: Kirigami.Theme.smallFont
                Accessible.ignored: true
            }
        }

        // As wide as name and figures leave room, up to where it stops to be a
        // line that is read with one look.
        TrafficChart {
            Layout.preferredWidth: Math.max(Kirigami.Units.gridUnit * 6, Math.min(Kirigami.Units.gridUnit * 40, root.width - Kirigami.Units.gridUnit * 26))
            Layout.preferredHeight: Kirigami.Units.gridUnit * 1.8
            visible: root.width > Kirigami.Units.gridUnit * 24
            linkIndex: root.linkIndex
            seconds: 60
            bare: true
            paused: root.paused
            fontSize: 8
            gridColor: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.25)
            receivedColor: Kirigami.Theme.highlightColor
            sentColor: Kirigami.Theme.neutralTextColor
            Accessible.ignored: true
        }

        Rate {
            text: i18nc("@info received rate", "↓ %1", root.received)
        }

        Rate {
            text: i18nc("@info sent rate", "↑ %1", root.sent)
        }
    }

    component Rate: Controls.Label {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 4.5
        horizontalAlignment: Text.AlignRight
        textFormat: Text.PlainText
        font.features: {
            "tnum": 1
        }
        Accessible.ignored: true
    }
}
