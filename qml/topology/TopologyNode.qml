// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// One thing of the picture. Its kind is told by shape and icon, its state by
// icon and word. The further away, the less it says.
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
    required property string connections
    required property real placeX
    required property real placeY
    required property real breadth
    required property real depth
    required property real head
    required property list<string> neighbours
    required property bool isHit
    required property string rate
    // What tells it from others of its kind where there is no room for more.
    required property string brief
    required property var canvas

    readonly property real factor: canvas.factor
    readonly property bool selected: canvas.selected === key
    readonly property bool dragged: canvas.dragged === key
    readonly property bool lit: canvas.focusKey === key
    readonly property bool found: canvas.searches && isHit
    readonly property bool dimmed: !lit && !found && (canvas.focusKey !== "" ? !neighbours.includes(canvas.focusKey) : !isHit)
    readonly property bool isBar: kind === "switch" || kind === "network"
    readonly property bool isStack: kind === "group" || kind === "ports"
    readonly property bool isFaint: stateKind === "off" || stateWord === "missing"
    readonly property bool hasFocusFrame: lit || selected || activeFocus || found
    readonly property int headHeight: Math.round(head * factor)
    // Far away the ports have no names, and the head has the whole box.
    readonly property bool hasPorts: isBar && depth > head
    readonly property int roomHeight: hasPorts && !canvas.showsPorts ? height : headHeight
    readonly property bool isDouble: roomHeight >= 25
    readonly property bool showsWords: headHeight >= 12
    // Room at the end of the words: a machine has its edge there.
    readonly property int margin: Math.max(kind === "machine" ? 7 : 3, Math.round((factor < 0.5 ? 8 : 10) * factor))
    readonly property string whole: rate === "" ? detail : detail + " · " + rate
    readonly property bool isWhole: brief === "" || metrics.advanceWidth <= words.width
    // So small that an icon of the state would take the room of the name.
    readonly property bool isTight: isBar && isDouble && width < 90
    readonly property string second: isTight && stateIcon !== "" ? stateWord : isWhole ? whole : brief
    readonly property color outline: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.35)
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

    x: Math.round(placeX * factor)
    y: Math.round(placeY * factor)
    width: Math.round((placeX + breadth) * factor) - x
    height: Math.round((placeY + depth) * factor) - y
    z: dragged ? 1 : 0
    opacity: dimmed ? 0.35 : 1
    // The canvas is one stop of Tab; the arrow keys walk in it.
    activeFocusOnTab: canvas.current === key
    Accessible.role: Accessible.Button
    Accessible.name: sentence
    Accessible.description: connections
    Accessible.focusable: true
    Accessible.selected: selected
    Accessible.onPressAction: canvas.select(key)

    onActiveFocusChanged: {
        if (activeFocus) {
            canvas.current = key;
            canvas.reveal(x, y, width, height);
        }
    }

    Keys.onLeftPressed: event => step(event, -1, 0)
    Keys.onRightPressed: event => step(event, 1, 0)
    Keys.onUpPressed: event => step(event, 0, -1)
    Keys.onDownPressed: event => step(event, 0, 1)
    Keys.onReturnPressed: canvas.opened(key)
    Keys.onEnterPressed: canvas.opened(key)
    Keys.onSpacePressed: canvas.select(key)
    Keys.onMenuPressed: canvas.menuWanted(key, root, 0, height)
    // What keyboards without that key have for it.
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F10 && event.modifiers === Qt.ShiftModifier) {
            canvas.menuWanted(key, root, 0, height);
            event.accepted = true;
        }
    }

    // The arrow keys walk, with Ctrl and Shift they move what they stand on.
    function step(event: var, across: int, down: int): void {
        if (event.modifiers === (Qt.ControlModifier | Qt.ShiftModifier)) {
            canvas.nudge(key, across, down);
        } else {
            canvas.go(key, across, down);
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
            root.canvas.select(root.key);
        }
        onDoubleTapped: root.canvas.opened(root.key)
    }

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: point => root.canvas.menuWanted(root.key, root, point.position.x, point.position.y)
    }

    // A card behind the first says that there are more.
    Rectangle {
        x: Math.round(4 * root.factor)
        y: x
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
                return Math.floor(height / 2);
            case "network":
                return Math.round(12 * root.factor);
            case "switch":
                return Math.round(6 * root.factor);
            }
            return Math.round(3 * root.factor);
        }
        color: root.kind === "switch" ? Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.08) : Kirigami.Theme.backgroundColor
        border.width: root.hasFocusFrame ? 2 : 1
        border.color: root.hasFocusFrame ? Kirigami.Theme.highlightColor : root.outline

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            visible: root.selected
            color: Qt.alpha(Kirigami.Theme.highlightColor, 0.15)
        }

        Rectangle {
            x: 1
            y: root.headHeight
            width: parent.width - 2
            height: 1
            visible: root.hasPorts && root.canvas.showsPorts
            color: Qt.alpha(root.outline, 0.5)
        }
    }

    // The edge of a machine has the colour of its state, which the words and
    // the icon tell as well.
    Rectangle {
        readonly property int inset: Math.max(2, Math.round(4 * root.factor))

        x: parent.width - width - inset
        y: inset
        width: Math.max(2, Math.round(3 * root.factor))
        height: parent.height - 2 * inset
        radius: width / 2
        visible: root.kind === "machine"
        color: root.stateColor
    }

    Kirigami.Icon {
        id: icon

        x: Math.round((root.factor < 0.5 ? 8 : 10) * root.factor)
        y: Math.floor((root.roomHeight - height) / 2)
        // Sizes that icons are drawn for.
        width: root.factor >= 1.8 ? 32 : root.factor >= 0.9 ? 22 : 16
        height: width
        // By kind and zoom, never by the length of the name: its shape tells a
        // gateway, and what a thing lacks says more than its kind.
        visible: root.headHeight >= (root.kind === "gateway" ? 32 : 17) && (root.isDouble || !status.visible)
        source: root.symbol
        isMask: true
        color: Kirigami.Theme.textColor
        opacity: root.isFaint ? 0.6 : 1
    }

    TextMetrics {
        id: metrics

        font: secondLabel.font
        text: root.whole
    }

    Column {
        id: words

        readonly property int alignment: root.kind === "gateway" && !icon.visible ? Text.AlignHCenter : Text.AlignLeft

        x: icon.visible || status.isLeading ? icon.x + icon.width + Math.round(8 * root.factor) : root.margin
        y: Math.floor((root.roomHeight - height) / 2)
        width: root.width - x - (status.isLeading ? root.margin : status.visible ? parent.width - status.x + 2 : root.margin)
        // The lines of small letters close up.
        spacing: root.roomHeight >= 32 ? 0 : -3
        visible: root.showsWords
        opacity: root.isFaint ? 0.75 : 1

        Controls.Label {
            id: label

            width: parent.width
            text: root.kind === "group" ? root.name + " ▸" : root.name
            textFormat: Text.PlainText
            elide: Text.ElideMiddle
            horizontalAlignment: words.alignment
            // Scaled against the zoom, where it is small.
            font.pixelSize: Math.max(root.roomHeight >= 30 && !root.isTight ? 12 : root.roomHeight >= 20 ? 11 : 10, Math.round(13 * root.factor))
            font.weight: Font.DemiBold
            // What just does not fit is worth a pixel.
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: font.pixelSize - 1
            Accessible.ignored: true
        }

        Controls.Label {
            id: secondLabel

            width: parent.width
            visible: root.isDouble && text !== ""
            text: root.second
            textFormat: Text.PlainText
            elide: Text.ElideMiddle
            horizontalAlignment: words.alignment
            color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.68)
            font.pixelSize: Math.max(10, Math.round(11 * root.factor))
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: font.pixelSize - 1
            Accessible.ignored: true
        }
    }

    Kirigami.Icon {
        id: status

        // In place of the icon where there is one line.
        readonly property bool isLeading: visible && !root.isDouble

        x: isLeading ? icon.x : parent.width - width - Math.round((root.kind === "machine" ? 12 : 8) * root.factor)
        y: Math.floor((root.roomHeight - height) / 2)
        width: root.factor >= 1.3 ? 22 : 16
        height: width
        visible: root.stateIcon !== "" && root.headHeight >= 17 && !root.isTight
        source: root.stateIcon
        isMask: true
        color: root.stateColor
    }

    Controls.ToolTip.text: Session.verbatim(root.sentence)
    Controls.ToolTip.visible: root.canvas.hovered === root.key && !(root.isDouble && root.isWhole) && !root.dragged
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
}
