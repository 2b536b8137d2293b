// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Chooses links to attach to a switch.
Kirigami.Dialog {
    id: root

    required property string switchName
    property list<string> chosen: []

    title: i18nc("@title:window", "Attach to %1", switchName)
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
            enabled: root.chosen.length > 0
            onTriggered: {
                ChangeFlow.attachPorts(root.switchName, root.chosen);
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

            CandidateChoice {
                Layout.fillWidth: true
                switchName: root.switchName
                onChosen: (port, chosen) => {
                    root.chosen = chosen ? root.chosen.concat(port) : root.chosen.filter(one => one !== port);
                }
            }
        }
    }
}
