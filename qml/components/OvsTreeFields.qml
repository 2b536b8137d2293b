// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.nova.networking

// Times and priority of the spanning tree that is chosen.
ColumnLayout {
    id: root

    required property Form form
    readonly property string tree: form.values.tree ?? "off"

    Layout.fillWidth: true
    visible: tree !== "off"
    spacing: 0

    NumberField {
        label: i18nc("@label:spinbox", "Priority")
        hint: i18nc("@info", "0 to 61440 in steps of 4096. The switch with the lowest number becomes the root.")
        field: "priority"
        form: root.form
        from: 0
        to: 61440
        stepSize: 4096
        value: root.form.values.priority ?? 0
        onEdited: value => root.form.put("priority", value)
    }

    NumberField {
        label: i18nc("@label:spinbox", "Forward delay in seconds")
        hint: i18nc("@info", "4 to 30. How long a new port listens, and then learns.")
        field: "forward-delay"
        form: root.form
        from: 0
        to: 60
        value: root.form.values.forwardDelay ?? 0
        onEdited: value => root.form.put("forwardDelay", value)
    }

    NumberField {
        visible: root.tree === "stp"
        label: i18nc("@label:spinbox", "Hello time in seconds")
        hint: i18nc("@info", "1 to 10. How often the root tells the others that it is there.")
        field: "hello-time"
        form: root.form
        from: 0
        to: 60
        value: root.form.values.helloTime ?? 0
        onEdited: value => root.form.put("helloTime", value)
    }

    NumberField {
        label: i18nc("@label:spinbox", "Max age in seconds")
        hint: i18nc("@info", "6 to 40. After this long without a word from the root, another one is chosen.")
        field: "max-age"
        form: root.form
        from: 0
        to: 60
        value: root.form.values.maxAge ?? 0
        onEdited: value => root.form.put("maxAge", value)
    }
}
