// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// A state in a word, told by icon and text, and in passing by colour.
Controls.Control {
    id: root

    required property string text
    // neutral, positive, warning, negative or active
    property string kind: "neutral"
    property string hint: ""

    readonly property var looks: ({
        neutral: ["data-information", Kirigami.Theme.textColor],
        positive: ["data-success", Kirigami.Theme.positiveTextColor],
        warning: ["data-warning", Kirigami.Theme.neutralTextColor],
        negative: ["data-error", Kirigami.Theme.negativeTextColor],
        active: ["view-refresh-symbolic", Kirigami.Theme.highlightColor]
    })
    readonly property color tint: looks[kind]?.[1] ?? Kirigami.Theme.textColor

    visible: text !== ""
    implicitHeight: visible ? label.implicitHeight + Kirigami.Units.smallSpacing : 0
    leftPadding: Kirigami.Units.smallSpacing
    rightPadding: Kirigami.Units.smallSpacing * 1.5
    topPadding: 0
    bottomPadding: 0
    Accessible.role: Accessible.StaticText
    Accessible.name: text
    Accessible.description: hint
    Controls.ToolTip.text: Session.verbatim(hint)
    Controls.ToolTip.visible: hint !== "" && hovered
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

    background: Rectangle {
        radius: height / 2
        color: Qt.alpha(root.tint, 0.1)
        border.width: 1
        border.color: Qt.alpha(root.tint, 0.35)
    }

    contentItem: RowLayout {
        spacing: Kirigami.Units.smallSpacing / 2

        Kirigami.Icon {
            Layout.preferredWidth: Math.round(Kirigami.Units.iconSizes.small * 0.75)
            Layout.preferredHeight: Layout.preferredWidth
            source: root.looks[root.kind]?.[0] ?? ""
            visible: root.kind !== "neutral"
        }

        Controls.Label {
            id: label

            Layout.leftMargin: root.kind === "neutral" ? Kirigami.Units.smallSpacing / 2 : 0
            text: root.text
            textFormat: Text.PlainText
            font: Kirigami.Theme.smallFont
            Accessible.ignored: true
        }
    }
}
