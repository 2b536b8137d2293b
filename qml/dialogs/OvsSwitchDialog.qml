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
}
