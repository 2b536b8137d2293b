// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What is to be done with the edits of a table: seen only while there are any.
Controls.ToolBar {
    id: root

    required property Form form

    signal forgotten

    visible: form.isChanged || form.errorText !== ""
    position: Controls.ToolBar.Footer

    contentItem: RowLayout {
        spacing: Kirigami.Units.smallSpacing

        ElidedLabel {
            Layout.fillWidth: true
            Layout.leftMargin: Kirigami.Units.largeSpacing
            text: root.form.errorText !== "" ? root.form.errorText : i18nc("@info", "Nothing has happened yet.")
            color: root.form.errorText !== "" ? Kirigami.Theme.negativeTextColor : Kirigami.Theme.textColor
            elide: Text.ElideRight
        }

        Controls.Button {
            icon.name: "edit-undo"
            text: i18nc("@action:button", "Discard")
            onClicked: root.forgotten()
        }

        Controls.Button {
            icon.name: "go-next"
            text: i18nc("@action:button", "Review…")
            enabled: root.form.isValid && root.form.isChanged
            onClicked: root.form.submit()
        }
    }
}
