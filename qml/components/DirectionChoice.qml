// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls

// Which frames of one port a mirror copies, small enough for its row.
Controls.ComboBox {
    id: root

    required property string port
    required property string direction

    readonly property list<string> known: ["both", "ingress", "egress"]

    signal chosen(direction: string)

    // Choosing writes the index, which so forgets what it was bound to.
    function follow(): void {
        currentIndex = known.indexOf(direction);
    }

    flat: true
    // Whoever scrolls the dialog chooses nothing.
    wheelEnabled: false
    model: [i18nc("@item:inlistbox direction of a mirror", "Both"), i18nc("@item:inlistbox direction of a mirror", "Ingress"), i18nc("@item:inlistbox direction of a mirror", "Egress")]
    Accessible.name: i18nc("@label:listbox", "Direction of %1", port)
    Accessible.description: displayText
    // Without it assistive tools could only give it the focus.
    Accessible.onPressAction: {
        forceActiveFocus();
        popup.open();
    }
    onDirectionChanged: follow()
    onActivated: index => chosen(known[index])
    Component.onCompleted: follow()
}
