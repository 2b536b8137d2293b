// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What a form leads to, as the plan will say it, and what is wrong with it
// beside no field.
ColumnLayout {
    id: root

    required property Form form
    // The fields that tell themselves what is wrong with them.
    required property list<string> known

    readonly property bool wrong: form.errorText !== "" && !known.includes(form.errorField)

    spacing: 0

    Kirigami.InlineMessage {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        visible: root.wrong
        type: Kirigami.MessageType.Error
        text: root.form.errorText
    }

    SentenceList {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        visible: count > 0
        sentences: root.form.values.notices ?? []
        mark: "data-warning"
    }
}
