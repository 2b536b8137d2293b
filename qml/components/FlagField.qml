// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A switch of a form; absent where the form has no such value.
ColumnLayout {
    id: root

    required property Form form
    required property string field
    // The first of its card has no line above it.
    property bool first: false
    property alias text: flag.text
    property alias description: flag.description

    visible: form.values[field] !== undefined
    spacing: 0
    Layout.fillWidth: true

    FormCard.FormDelegateSeparator {
        visible: !root.first
    }

    FollowingSwitch {
        id: flag

        value: root.form.values[root.field] ?? false
        onTurned: on => root.form.put(root.field, on)
    }
}
