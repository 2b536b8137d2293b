// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// How much of the past the chart shows.
ChoiceBox {
    id: root

    required property real seconds

    signal chosen(seconds: real)

    label: i18nc("@label:listbox", "Range of the chart")
    implicitWidth: Kirigami.Units.gridUnit * 7
    textRole: "text"
    valueRole: "value"
    model: [
        {
            text: i18nc("@item:inlistbox", "1 minute"),
            value: 60
        },
        {
            text: i18nc("@item:inlistbox", "10 minutes"),
            value: 600
        },
        {
            text: i18nc("@item:inlistbox", "1 hour"),
            value: 3600
        },
        {
            text: i18nc("@item:inlistbox", "24 hours"),
            value: 86400
        },
        {
            text: i18nc("@item:inlistbox", "7 days"),
            value: 604800
        }
    ]
    Component.onCompleted: currentIndex = indexOfValue(seconds)
    onActivated: chosen(currentValue)
}
