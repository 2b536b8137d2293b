// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// Whether a bridge filters by VLAN, the VLAN of its new ports, and a field for
// a further column of the table.
Flow {
    id: root

    required property Form form

    padding: Kirigami.Units.largeSpacing
    leftPadding: Kirigami.Units.largeSpacing * 2
    spacing: Kirigami.Units.largeSpacing

    Controls.Switch {
        // As tall as what stands beside it, so that their texts are in a line.
        height: newPorts.implicitHeight
        text: i18nc("@option:check", "Filter by VLAN")
        checked: root.form.values.filtering ?? false
        Controls.ToolTip.text: checked
            ? i18nc("@info:tooltip", "Each port carries only the VLANs it is a member of.")
            : i18nc("@info:tooltip", "VLAN tags pass untouched through every port.")
        Controls.ToolTip.visible: hovered
        Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
        onCheckedChanged: root.form.put("filtering", checked)
    }

    RowLayout {
        id: newPorts

        spacing: Kirigami.Units.smallSpacing

        Controls.Label {
            text: i18nc("@label:spinbox", "VLAN of new ports:")
        }

        Controls.SpinBox {
            from: 0
            to: 4095
            editable: true
            value: root.form.values.defaultVlan ?? 0
            Accessible.name: i18nc("@label:spinbox", "VLAN of new ports")
            Accessible.description: i18nc("@info", "1 to 4094. 0 gives them none.")
            onValueChanged: root.form.put("defaultVlan", value)
        }
    }

    RowLayout {
        spacing: Kirigami.Units.smallSpacing

        Controls.TextField {
            Layout.preferredWidth: Kirigami.Units.gridUnit * 8
            text: root.form.values.asked ?? ""
            placeholderText: "100,200-210"
            Accessible.name: i18nc("@label:textbox", "Add VLANs to the table")
            onTextChanged: root.form.put("asked", text)
            onAccepted: root.form.put("add", "now")
        }

        Controls.Button {
            icon.name: "list-add"
            text: i18nc("@action:button", "Add Column")
            enabled: (root.form.values.asked ?? "") !== "" && root.form.errorField !== "column"
            onClicked: root.form.put("add", "now")
        }
    }
}
