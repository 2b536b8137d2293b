// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A new 802.1Q sub-interface: the frames of one VLAN, without their tag.
FormDialog {
    id: root

    required property string switchName

    title: i18nc("@title:window", "Create VLAN on %1", switchName)
    preferredHeight: Kirigami.Units.gridUnit * 19
    form: draft

    Component.onCompleted: draft.begin(switchName, "")

    Form {
        id: draft

        kind: Form.SubInterface
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        ChoiceField {
            form: draft
            field: "link"
            name: "link"
            values: (draft.values.links ?? []).join(" ")
            text: i18nc("@label:listbox", "On")
            description: i18nc("@info", "The switch, where this host takes part in the VLAN; an uplink, where only the host does.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "vlan"
            name: "vlan"
            label: i18nc("@label:textbox", "VLAN")
            placeholderText: "100"
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
            placeholderText: draft.values.suggested ?? ""
        }
    }
}
