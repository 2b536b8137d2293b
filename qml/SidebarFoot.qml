// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// Which host this is and what Nova talks to on it.
ColumnLayout {
    id: root

    required property bool slim

    signal helpWanted

    spacing: 0

    RowLayout {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.smallSpacing
        spacing: Kirigami.Units.smallSpacing

        Kirigami.Icon {
            visible: !root.slim
            Layout.preferredWidth: Kirigami.Units.iconSizes.small
            Layout.preferredHeight: Kirigami.Units.iconSizes.small
            source: "computer-symbolic"
        }

        ElidedLabel {
            Layout.fillWidth: true
            visible: !root.slim
            text: Session.hostName
            Accessible.name: i18nc("@info:whatsthis", "Host: %1", Session.hostName)
        }

        Controls.ToolButton {
            Layout.alignment: Qt.AlignHCenter
            icon.name: "help-contents-symbolic"
            text: i18nc("@action:button", "Help")
            display: Controls.AbstractButton.IconOnly
            Controls.ToolTip.text: i18nc("@info:tooltip a button and its shortcut", "Help (F1)")
            Controls.ToolTip.visible: hovered
            Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
            onClicked: root.helpWanted()
        }
    }

    ServiceChip {
        Layout.fillWidth: true
        slim: root.slim
        name: i18nc("@info:status a daemon", "libvirt")
        known: Session.hasPicture
        problem: Session.libvirtText
        remedy: Session.libvirtRemedy
    }

    ServiceChip {
        Layout.fillWidth: true
        visible: Session.hasOvs
        slim: root.slim
        name: i18nc("@info:status a daemon", "Open vSwitch")
        known: Session.hasPicture
        fault: Session.isOvsHidden ? i18nc("@info:status of a database that may not be opened", "not readable") : i18nc("@info:status", "missing")
        problem: Session.ovsText
        remedy: Session.ovsRemedy
    }

    ServiceChip {
        Layout.fillWidth: true
        Layout.bottomMargin: Kirigami.Units.smallSpacing
        slim: root.slim
        name: i18nc("@info:status the process that changes the host", "Helper")
        known: Session.hasPicture
        problem: Session.helperText
        remedy: Session.helperRemedy
    }
}
