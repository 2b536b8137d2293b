// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The largest packet of a link.
FormDialog {
    id: root

    required property string linkName

    title: i18nc("@title:window", "Set MTU of %1", linkName)
    preferredHeight: Kirigami.Units.gridUnit * 15
    form: draft

    Component.onCompleted: draft.begin("", linkName)

    Form {
        id: draft

        kind: Form.Mtu
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        NumberField {
            form: draft
            field: "mtu"
            label: i18nc("@label:spinbox", "MTU in bytes")
            hint: i18nc("@info", "The largest packet, 68 to 65535. 1500 is usual; 9000, for jumbo frames, takes that every device on the network can do them.")
            from: 0
            to: 1000000
            stepSize: 100
            value: draft.values.mtu ?? 0
            onEdited: value => draft.put("mtu", value)
        }
    }

    FormNotices {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        form: draft
    }
}
