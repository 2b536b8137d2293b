// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The CPUs that process what arrives at a link, such as that of a machine.
FormDialog {
    id: root

    required property string linkName

    title: i18nc("@title:window", "CPUs of %1", linkName)
    preferredHeight: Kirigami.Units.gridUnit * 16
    form: draft

    Component.onCompleted: draft.begin("", linkName)

    Form {
        id: draft

        kind: Form.Affinity
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormTextField {
            visible: draft.values.cpus !== undefined
            form: draft
            field: "cpus"
            name: "cpus"
            label: i18nc("@label:textbox", "CPUs for what arrives")
            placeholderText: i18nc("@info:placeholder", "none")
            hint: i18nc("@info %1 such as 0-7, %2 such as 0-3", "Of %1, such as 0-1,3. Frames are spread over them by connection. With none, each stays on the CPU that took it. Now: %2.", draft.values.online ?? "", draft.values.now ?? "")
        }

        FormCard.FormTextDelegate {
            visible: draft.values.cpus === undefined
            text: i18nc("@info", "The kernel shows no queue for what arrives at it.")
        }
    }
}
