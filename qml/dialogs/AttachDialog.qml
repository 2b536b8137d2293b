// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Chooses links to attach to a switch.
WishDialog {
    id: root

    required property string switchName
    property list<string> chosen: []

    title: i18nc("@title:window", "Attach to %1", switchName)
    preferredHeight: Kirigami.Units.gridUnit * 22
    ready: chosen.length > 0
    onWished: ChangeFlow.attachPorts(switchName, chosen)

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: Kirigami.Units.gridUnit * 26

        CandidateChoice {
            Layout.fillWidth: true
            switchName: root.switchName
            // As high as the dialog with search and margins: one scroll bar is enough.
            listHeight: Math.max(Kirigami.Units.gridUnit * 6, (root.contentItem?.height ?? 0) - Kirigami.Units.gridUnit * (root.chosen.length > 0 ? 6 : 4.5))
            onChosen: (port, chosen) => {
                root.chosen = chosen ? root.chosen.concat(port) : root.chosen.filter(one => one !== port);
            }
        }
    }
}
