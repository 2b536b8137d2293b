// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Chooses cards to become members of a bond.
Kirigami.Dialog {
    id: root

    required property string bondName

    title: i18nc("@title:window", "Add Members to %1", bondName)
    preferredWidth: Kirigami.Units.gridUnit * 28
    preferredHeight: Kirigami.Units.gridUnit * 22
    // Given, not sought: a dialog that grows while it is placed is placed twice.
    height: Math.min(preferredHeight, maximumHeight)
    standardButtons: Kirigami.Dialog.NoButton
    focus: true

    ReturnKey {
        dialog: root
        action: reviewAction
    }

    customFooterActions: [
        Kirigami.Action {
            id: reviewAction

            icon.name: "go-next"
            text: i18nc("@action:button", "Review…")
            enabled: choice.chosenCards.length > 0
            onTriggered: {
                ChangeFlow.attachPorts(root.bondName, choice.chosenCards);
                root.close();
            }
        },
        Kirigami.Action {
            icon.name: "dialog-cancel"
            text: i18nc("@action:button", "Cancel")
            onTriggered: root.close()
        }
    ]

    DialogColumn {
        FormCard.FormCard {
            Layout.topMargin: Kirigami.Units.largeSpacing
            Layout.bottomMargin: Kirigami.Units.largeSpacing
            maximumWidth: Kirigami.Units.gridUnit * 26

            MemberChoice {
                id: choice

                Layout.fillWidth: true
                bondName: root.bondName
            }
        }
    }
}
