// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Links to choose as ports, each with its addresses, its owner and what
// choosing it means.
ColumnLayout {
    id: root

    required property string switchName
    // Leaves out ports of other switches.
    property bool freeOnly: false
    readonly property int count: rows.count

    signal chosen(port: string, chosen: bool)

    spacing: 0

    Repeater {
        model: RowModel {
            id: rows

            source: RowModel.Candidates
            subject: root.switchName
        }

        FormCard.FormCheckDelegate {
            required property string name
            required property string symbol
            required property string facts
            required property string caution
            required property string moves

            Layout.fillWidth: true
            visible: !root.freeOnly || moves === ""
            text: name
            icon.name: symbol
            description: checked && caution !== "" ? facts + "\n" + caution : facts
            Accessible.name: name
            Accessible.description: description
            // Not only when it is clicked: assistive tools set it directly.
            onCheckedChanged: root.chosen(name, checked)
        }
    }

    FormCard.FormTextDelegate {
        Layout.fillWidth: true
        visible: rows.ready && rows.total === 0
        text: i18nc("@info", "There is no link to attach.")
        description: i18nc("@info", "Ports can be attached later.")
    }
}
