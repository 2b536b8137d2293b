// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Who tells a switch of Open vSwitch what to do with frames.
ColumnLayout {
    id: root

    required property Form form
    required property real cardWidth

    spacing: 0

    FormCard.FormHeader {
        title: i18nc("@title:group", "OpenFlow")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FormTextField {
            form: root.form
            field: "controller"
            name: "controllers"
            label: i18nc("@label:textbox", "Controllers")
            placeholderText: i18nc("@info:placeholder", "none: it switches by itself")
            hint: i18nc("@info", "tcp:192.0.2.1:6653, several with spaces between them.")
        }

        FlagField {
            form: root.form
            field: "secure"
            text: i18nc("@option:check", "Fail mode secure")
            description: i18nc("@info", "Without a controller, frames that no flow allows are dropped. Otherwise it switches by itself.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: root.form
            field: "protocols"
            name: "protocols"
            label: i18nc("@label:textbox", "Versions of OpenFlow")
            placeholderText: i18nc("@info:placeholder", "all")
            hint: i18nc("@info", "OpenFlow13, several with spaces between them.")
        }
    }
}
