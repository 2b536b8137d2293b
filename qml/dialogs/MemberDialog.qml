// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Chooses cards to become members of a bond.
WishDialog {
    id: root

    required property string bondName

    title: i18nc("@title:window", "Add Members to %1", bondName)
    preferredHeight: Kirigami.Units.gridUnit * 22
    ready: choice.chosenCards.length > 0
    onWished: ChangeFlow.attachPorts(bondName, choice.chosenCards)

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        MemberChoice {
            id: choice

            Layout.fillWidth: true
            bondName: root.bondName
        }
    }
}
