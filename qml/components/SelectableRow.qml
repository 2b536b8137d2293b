// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates
import org.nova.networking

// A row of a KeyedList.
Delegates.RoundedItemDelegate {
    id: root

    required property int index
    required property string title
    // What else is told of it, without the empty ones.
    required property list<string> about

    width: ListView.view.width
    text: title
    highlighted: ListView.isCurrentItem
    leftPadding: Kirigami.Units.largeSpacing * 2
    rightPadding: Kirigami.Units.largeSpacing * 2 + ((ListView.view as KeyedList)?.barWidth ?? 0)
    topPadding: Kirigami.Units.smallSpacing
    bottomPadding: Kirigami.Units.smallSpacing
    Accessible.name: title
    Accessible.description: about.filter(part => part !== "").join(", ")
    Accessible.selectable: true
    Accessible.selected: highlighted
    Accessible.onPressAction: clicked()
    onClicked: {
        const list = ListView.view as KeyedList;
        list.forceActiveFocus();
        list.select(index);
    }
}
