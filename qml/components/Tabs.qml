// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami

// Tabs by their names, each as wide as its text.
Controls.TabBar {
    id: root

    required property list<string> names

    Repeater {
        // By number: a text that changes keeps its button and the choice.
        model: root.names.length

        Controls.TabButton {
            id: tab

            required property int index

            text: root.names[index] ?? ""
            // As wide as its text: the style's width leaves no room for seven.
            width: Math.ceil(metrics.advanceWidth) + Math.round(Kirigami.Units.gridUnit * 1.4)
            // One stop of Tab, as everywhere in Plasma; the arrow keys go from
            // tab to tab, as if the focus moved for another reason.
            focusPolicy: checked ? Qt.StrongFocus : Qt.ClickFocus
            onActiveFocusChanged: {
                if (activeFocus && focusReason === Qt.OtherFocusReason) {
                    focusReason = Qt.TabFocusReason;
                }
            }
            // The style reads it, and draws the text without it.
            contentItem: Item {}
            Accessible.onPressAction: root.currentIndex = index

            TextMetrics {
                id: metrics

                font: tab.font
                text: tab.text
            }
        }
    }
}
