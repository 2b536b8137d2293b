// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// Which frames of one port a mirror copies, small enough for its row.
ChoiceBox {
    id: root

    required property string port
    required property string direction

    readonly property list<string> known: ["both", "ingress", "egress"]

    signal chosen(direction: string)

    // Choosing writes the index, which so forgets what it was bound to.
    function follow(): void {
        currentIndex = known.indexOf(direction);
    }

    label: i18nc("@label:listbox", "Direction of %1", port)
    flat: true
    model: [i18nc("@item:inlistbox direction of a mirror", "Both"), i18nc("@item:inlistbox direction of a mirror", "Ingress"), i18nc("@item:inlistbox direction of a mirror", "Egress")]
    onDirectionChanged: follow()
    onActivated: index => chosen(known[index])
    Component.onCompleted: follow()
}
