// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The options of a switch of Open vSwitch.
FormDialog {
    id: root

    required property string switchName

    title: i18nc("@title:window", "Configure %1", switchName)
    form: draft

    Component.onCompleted: draft.begin(switchName, "")

    Form {
        id: draft

        kind: Form.OvsSwitch
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Spanning tree")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        OvsTreeChoice {
            form: draft
        }

        OvsTreeFields {
            form: draft
        }
    }

    OvsOpenFlowFields {
        Layout.fillWidth: true
        form: draft
        cardWidth: root.cardWidth
    }

    OvsForwardingFields {
        Layout.fillWidth: true
        form: draft
        cardWidth: root.cardWidth
    }

    FormCard.FormHeader {
        visible: local.visible
        title: i18nc("@title:group", "Towards this host")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        id: local

        visible: draft.values.mtu !== undefined
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "MTU in bytes")
            hint: i18nc("@info", "68 to 65535. The largest packet this host sends. While nobody sets it, that of the narrowest port.")
            field: "mtu"
            form: draft
            from: 0
            to: 65536
            stepSize: 100
            value: draft.values.mtu ?? 0
            onEdited: value => draft.put("mtu", value)
        }
    }
}
