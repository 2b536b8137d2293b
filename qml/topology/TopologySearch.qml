// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// Finds things of the picture; what does not match steps back.
Kirigami.SearchField {
    id: root

    required property TopologyView view

    readonly property int found: view.hits

    // The person goes on to what was found.
    signal goneOn

    placeholderText: i18nc("@info:placeholder", "Search…")
    Accessible.name: i18nc("@label:textbox", "Search")
    Accessible.description: words.text
    rightPadding: words.visible ? words.width + Kirigami.Units.gridUnit * 2 : Kirigami.Units.gridUnit * 2
    onTextChanged: view.search(text)
    onAccepted: goneOn()
    Keys.onDownPressed: goneOn()
    Keys.onEscapePressed: event => {
        event.accepted = text !== "";
        clear();
    }

    Controls.Label {
        id: words

        anchors.right: parent.right
        anchors.rightMargin: Kirigami.Units.gridUnit * 1.8
        anchors.verticalCenter: parent.verticalCenter
        visible: root.found >= 0
        text: root.found === 0 ? i18nc("@info:status", "none") : root.found
        color: root.found === 0 ? Kirigami.Theme.neutralTextColor : Kirigami.Theme.disabledTextColor
        Accessible.ignored: true
    }
}
