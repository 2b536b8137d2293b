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
    required property string focusKey

    x: placeX
    y: placeY

    Rectangle {
        anchors.centerIn: parent
        width: root.isPort ? 7 : 5
        height: root.isPort ? 10 : 8
        radius: 2
        color: root.focusKey === root.node ? Kirigami.Theme.highlightColor : Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.5)
    }

    Controls.Label {
        x: root.isRight ? -8 - width : 8
        y: -height / 2
        width: Math.min(implicitWidth, 130)
        visible: root.label !== ""
        text: root.label
        textFormat: Text.PlainText
        elide: Text.ElideMiddle
        color: Kirigami.Theme.disabledTextColor
        font.pixelSize: 10
        Accessible.ignored: true
    }
}
