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

    // The switch that it is to stand on, or a port of it,
    property string switchName: ""
    // or the card.
    property string linkName: ""

    title: i18nc("@title:window", "Create VLAN on %1", switchName === "" ? linkName : switchName)
    preferredHeight: Kirigami.Units.gridUnit * 25
    form: draft

    Component.onCompleted: draft.begin(switchName, linkName)

    Form {
        id: draft

        kind: Form.SubInterface
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        ChoiceField {
            visible: root.switchName !== ""
            form: draft
            field: "link"
            name: "link"
            values: (draft.values.links ?? []).join(" ")
            text: i18nc("@label:listbox", "On")
            description: i18nc("@info", "The switch, where this host takes part in the VLAN; an uplink, where only the host does.")
        }

        FormCard.FormDelegateSeparator {
            visible: root.switchName !== ""
        }

        FormTextField {
            form: draft
            field: "vlan"
            name: "vlan"
            label: i18nc("@label:textbox", "VLAN")
            placeholderText: "100"
            hint: i18nc("@info", "1 to 4094. This host gets the frames of this VLAN, without their tag.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
            placeholderText: draft.values.suggested ?? ""
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: draft
            field: "protocol"
            name: "protocol"
            values: "802.1Q 802.1ad"
            labels: [i18nc("@item:inlistbox kind of VLAN tags", "802.1Q, as is usual"), i18nc("@item:inlistbox kind of VLAN tags", "802.1ad, of a provider (QinQ)")].join("\n")
            text: i18nc("@label:listbox", "Tags")
        }
    }

    FormNotices {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        form: draft
    }
}
