// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates
import org.nova.networking

// One page in the sidebar.
Delegates.RoundedItemDelegate {
    id: root

    required property PageEntry entry
    required property bool slim
    required property bool current
    required property int position

    text: entry.title
    highlighted: current
    rightPadding: Kirigami.Units.largeSpacing * 2
    icon.name: entry.icon
    Accessible.name: entry.title
    Accessible.description: entry.count < 0 ? "" : i18ncp("@info:whatsthis how many a page lists", "%1 listed", "%1 listed", entry.count)
    Accessible.selectable: true
    Accessible.selected: current
    Accessible.onPressAction: clicked()
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Controls.ToolTip.text: position < 9 ? i18nc("@info:tooltip page and its shortcut", "%1 (Ctrl+%2)", entry.title, position + 1) : entry.title
    Controls.ToolTip.visible: (slim && hovered) || (hovered && titleLabel.truncated)
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

    contentItem: RowLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.smallMedium
            Layout.preferredHeight: Kirigami.Units.iconSizes.smallMedium
            Layout.alignment: root.slim ? Qt.AlignHCenter : Qt.AlignVCenter
            source: root.entry.icon
            isMask: true
            selected: root.down
        }

        Controls.Label {
            id: titleLabel

            Layout.fillWidth: true
            visible: !root.slim
            text: root.entry.title
            elide: Text.ElideRight
            Accessible.ignored: true
        }

        Controls.Label {
            visible: !root.slim && root.entry.count >= 0
            text: root.entry.count
            color: Kirigami.Theme.disabledTextColor
            font.features: {
                "tnum": 1
            }
            Accessible.ignored: true
        }
    }
}
