// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// A daemon Nova talks to: a dot and its name, and what to do where it is
// missing.
Controls.ItemDelegate {
    id: root

    required property string name
    required property bool known
    required property string problem
    required property string remedy
    required property bool slim
    // What it is where there is a problem.
    property string fault: i18nc("@info:status", "missing")

    readonly property bool missing: known && problem !== ""
    readonly property string word: !known ? i18nc("@info:status", "asking…") : missing ? fault : i18nc("@info:status", "connected")

    padding: Kirigami.Units.smallSpacing
    leftPadding: Kirigami.Units.largeSpacing
    rightPadding: Kirigami.Units.largeSpacing
    text: name
    focusPolicy: Qt.StrongFocus
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Accessible.name: i18nc("@info:whatsthis a daemon and its state", "%1: %2", name, word)
    Accessible.description: [problem, remedy].filter(text => text !== "").join(" ")
    Accessible.onPressAction: clicked()
    Controls.ToolTip.text: missing ? [problem, remedy].filter(text => text !== "").join("\n") : Accessible.name
    Controls.ToolTip.visible: hovered || visualFocus
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
    onClicked: Session.retry()

    contentItem: RowLayout {
        spacing: Kirigami.Units.smallSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.small
            Layout.preferredHeight: Kirigami.Units.iconSizes.small
            Layout.alignment: root.slim ? Qt.AlignHCenter : Qt.AlignVCenter
            source: root.missing ? "data-warning" : root.known ? "data-success" : "view-refresh-symbolic"
        }

        Controls.Label {
            Layout.fillWidth: true
            visible: !root.slim
            text: root.name
            elide: Text.ElideRight
            Accessible.ignored: true
        }

        Controls.Label {
            visible: !root.slim && (root.missing || !root.known)
            text: root.word
            color: root.missing ? Kirigami.Theme.neutralTextColor : Kirigami.Theme.disabledTextColor
            font: Kirigami.Theme.smallFont
            Accessible.ignored: true
        }
    }
}
