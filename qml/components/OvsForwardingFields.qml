// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// What a switch of Open vSwitch remembers of addresses and groups.
ColumnLayout {
    id: root

    required property Form form
    required property real cardWidth

    spacing: 0

    FormCard.FormHeader {
        title: i18nc("@title:group", "Forwarding")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "MAC ageing time in seconds")
            hint: i18nc("@info", "15 to 3600. An address that stays silent for this long is forgotten.")
            field: "ageing-time"
            form: root.form
            from: 0
            to: 3601
            stepSize: 10
            value: root.form.values.ageingTime ?? 0
            onEdited: value => root.form.put("ageingTime", value)
        }

        FlagField {
            form: root.form
            field: "multicastSnooping"
            text: i18nc("@option:check", "Multicast snooping")
            description: i18nc("@info", "Multicast goes only to the ports that asked for it.")
        }
    }
}
