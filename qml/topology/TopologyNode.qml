// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// One thing of the picture. Its kind is told by shape and icon, its state by
// icon and word.
Item {
    id: root

    required property string key
    required property string kind
    required property string name
    required property string detail
    required property string stateWord
    required property string stateKind
    required property string symbol
    required property string sentence
    required property real placeX
    required property real placeY
    required property real breadth
    required property real depth
    required property real head
    required property list<string> neighbours
    required property var canvas

    readonly property string focusKey: canvas.hovered !== "" ? canvas.hovered : canvas.selected
    readonly property bool selected: canvas.selected === key
    readonly property bool lit: focusKey === key
    readonly property bool dimmed: focusKey !== "" && !lit && !neighbours.includes(focusKey)
    readonly property bool isBar: kind === "switch" || kind === "network"
    readonly property bool isStack: kind === "group" || kind === "ports"
    readonly property bool isFaint: stateKind === "off" || stateWord === "missing"
    readonly property color outline: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.3)
    readonly property color stateColor: {
        switch (stateKind) {
        case "positive":
            return Kirigami.Theme.positiveTextColor;
        case "neutral":
            return Kirigami.Theme.neutralTextColor;
        case "negative":
            return Kirigami.Theme.negativeTextColor;
        }
        return Kirigami.Theme.disabledTextColor;
    }
    readonly property string stateIcon: {
        switch (stateKind) {
        case "neutral":
            return stateWord === "paused" ? "media-playback-pause-symbolic" : "network-disconnect-symbolic";
        case "negative":
            return "dialog-error-symbolic";
        case "off":
            return "system-shutdown-symbolic";
        }
        return "";
    }

    x: placeX
    y: placeY
    width: breadth
    height: depth
    opacity: dimmed ? 0.3 : 1
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: sentence
    Accessible.focusable: true
    Accessible.selected: selected
    Accessible.onPressAction: canvas.selected = key

    Keys.onLeftPressed: canvas.go(key, -1, 0)
    Keys.onRightPressed: canvas.go(key, 1, 0)
    Keys.onUpPressed: canvas.go(key, 0, -1)
    Keys.onDownPressed: canvas.go(key, 0, 1)
    Keys.onReturnPressed: choose()
    Keys.onEnterPressed: choose()
    Keys.onSpacePressed: choose()
    Keys.onMenuPressed: menu.popup(root, 0, height)

    function choose(): void {
        if (kind === "group") {
            canvas.opened(key);
        } else {
            canvas.selected = key;
        }
    }

    Behavior on opacity {
        NumberAnimation {
            duration: Kirigami.Units.shortDuration
        }
    }

    HoverHandler {
        onHoveredChanged: {
            if (hovered) {
                root.canvas.hovered = root.key;
            } else if (root.canvas.hovered === root.key) {
                root.canvas.hovered = "";
            }
        }
    }

    TapHandler {
        gesturePolicy: TapHandler.WithinBounds
        onTapped: {
            root.forceActiveFocus(Qt.MouseFocusReason);
            root.choose();
        }
        onDoubleTapped: root.canvas.opened(root.key)
    }

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: point => menu.popup(root, point.position.x, point.position.y)
    }

    Controls.Menu {
        id: menu

        Controls.MenuItem {
            icon.name: "documentinfo"
            text: i18nc("@action:inmenu", "Details")
            visible: root.kind !== "group"
            onTriggered: root.canvas.selected = root.key
        }

        Controls.MenuItem {
            icon.name: root.kind === "group" ? "view-list-tree" : "go-next-view"
            text: root.kind === "group" ? i18nc("@action:inmenu", "Show Each Machine") : i18nc("@action:inmenu", "Open Page")
            visible: root.kind === "group" || root.isBar
            onTriggered: root.canvas.opened(root.key)
        }
    }

    // A card behind the first says that there are more.
    Rectangle {
        x: 4
        y: 4
        width: parent.width
        height: parent.height
        radius: body.radius
        visible: root.isStack
        color: Kirigami.Theme.backgroundColor
        border.color: root.outline
    }

    Rectangle {
        id: body

        anchors.fill: parent
        radius: {
            switch (root.kind) {
            case "gateway":
                return height / 2;
            case "network":
                return 14;
            case "switch":
                return 8;
            }
            return 4;
        }
        opacity: root.isFaint ? 0.6 : 1
        color: root.kind === "switch" ? Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.07) : Kirigami.Theme.backgroundColor
        border.width: root.lit || root.selected || root.activeFocus ? 2 : 1
        border.color: root.lit || root.selected || root.activeFocus ? Kirigami.Theme.highlightColor : root.outline

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            visible: root.selected
            color: Qt.alpha(Kirigami.Theme.highlightColor, 0.12)
        }

        Rectangle {
            x: 1
            y: root.head
            width: parent.width - 2
            height: 1
            visible: root.kind === "network" && root.depth > root.head
            color: root.outline
            opacity: 0.6
        }
    }

    // The edge of a machine has the colour of its state, which the words and
    // the icon tell as well.
    Rectangle {
        anchors.right: parent.right
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        width: 3
        height: parent.height - 18
        radius: 1.5
        visible: root.kind === "machine"
        color: root.stateColor
    }

    Kirigami.Icon {
        x: 10
        y: (root.head - height) / 2
        width: 20
        height: 20
        source: root.symbol
        isMask: true
        color: Kirigami.Theme.textColor
        opacity: root.isFaint ? 0.6 : 1
    }

    Column {
        id: words

        x: 38
        y: (root.head - height) / 2
        width: root.breadth - x - (status.visible ? 32 : 12)
        opacity: root.isFaint ? 0.75 : 1

        Controls.Label {
            width: parent.width
            text: root.name
            textFormat: Text.PlainText
            elide: Text.ElideMiddle
            font.pixelSize: 13
            font.weight: Font.DemiBold
            Accessible.ignored: true
        }

        Controls.Label {
            width: parent.width
            text: root.detail
            textFormat: Text.PlainText
            elide: Text.ElideMiddle
            color: Kirigami.Theme.disabledTextColor
            font.pixelSize: 11
            Accessible.ignored: true
        }
    }

    Kirigami.Icon {
        id: status

        anchors.right: parent.right
        anchors.rightMargin: 12
        y: (root.head - height) / 2
        width: 16
        height: 16
        visible: root.stateIcon !== ""
        source: root.stateIcon
        isMask: true
        color: root.stateColor
    }

    Controls.ToolTip.text: root.sentence
    Controls.ToolTip.visible: root.canvas.hovered === root.key && root.canvas.zoom < 0.6
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
}
