// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami

// The place where a link meets a node, with the name of the port.
Item {
    id: root

    required property string node
    required property real placeX
    required property real placeY
    required property bool isRight
    required property bool isPort
    required property string label
    required property real factor
    required property bool showsLabel
    required property string focusKey
    required property bool searches

    opacity: searches || focusKey !== "" && focusKey !== node ? 0.45 : 1
    x: Math.round(placeX * factor)
    y: Math.round(placeY * factor)

    // Odd lengths, so that a thin link meets the middle.
    Rectangle {
        readonly property int half: Math.max(1, Math.round((root.isPort ? 5 : 3) * root.factor))

        x: -Math.max(1, Math.round(3 * root.factor))
        y: -half
        width: 1 - 2 * x
        height: 1 + 2 * half
        radius: root.factor < 0.6 ? 0 : 2
        color: root.focusKey === root.node ? Kirigami.Theme.highlightColor : Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.55)
    }

    Controls.Label {
        x: root.isRight ? -Math.round(8 * root.factor) - width : Math.round(8 * root.factor)
        y: -Math.floor(height / 2)
        width: Math.min(implicitWidth, Math.round(110 * root.factor))
        visible: root.label !== "" && root.showsLabel
        text: root.label
        textFormat: Text.PlainText
        elide: Text.ElideMiddle
        color: Kirigami.Theme.disabledTextColor
        font.pixelSize: Math.max(9, Math.round(11 * root.factor))
        Accessible.ignored: true
    }
}
