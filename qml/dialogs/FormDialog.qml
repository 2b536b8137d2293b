// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// A dialog around a form: Review goes on to the plan, Cancel forgets it.
Kirigami.Dialog {
    id: root

    required property Form form
    // Narrower than the dialog, which makes a card of a form.
    readonly property real cardWidth: preferredWidth - Kirigami.Units.gridUnit * 3
    default property alias content: column.contents

    preferredWidth: Kirigami.Units.gridUnit * 28
    preferredHeight: Kirigami.Units.gridUnit * 28
    // Given, not sought: a dialog that grows while it is placed is placed twice.
    height: Math.min(preferredHeight, maximumHeight)
    standardButtons: Kirigami.Dialog.NoButton
    focus: true

    function submit(): void {
        if (form.isValid && form.isChanged) {
            form.submit();
            close();
        }
    }

    ReturnKey {
        dialog: root
        action: reviewAction
    }

    customFooterActions: [
        Kirigami.Action {
            id: reviewAction

            icon.name: "go-next"
            text: i18nc("@action:button", "Review…")
            enabled: root.form.isValid && root.form.isChanged
            tooltip: root.form.isChanged ? root.form.errorText : i18nc("@info:tooltip", "Nothing is different yet.")
            onTriggered: root.submit()
        },
        Kirigami.Action {
            icon.name: "dialog-cancel"
            text: i18nc("@action:button", "Cancel")
            onTriggered: root.close()
        }
    ]

    DialogColumn {
        id: column
    }
}
