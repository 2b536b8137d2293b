// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The picture in small with what is in sight, and the buttons to zoom.
ColumnLayout {
    id: root

    required property var canvas

    readonly property TopologyView view: canvas.view
    readonly property alias buttonsWidth: frame.width
    readonly property alias buttonsHeight: frame.height
    readonly property bool fits: view.width * canvas.factor <= canvas.width && view.height * canvas.factor <= canvas.height
    readonly property real ratio: Math.min(Kirigami.Units.gridUnit * 9 / Math.max(1, view.width), Kirigami.Units.gridUnit * 6 / Math.max(1, view.height))

    spacing: Kirigami.Units.smallSpacing

    Rectangle {
        id: map

        Layout.alignment: Qt.AlignRight
        Layout.preferredWidth: Math.round(root.view.width * root.ratio) + 8
        Layout.preferredHeight: Math.round(root.view.height * root.ratio) + 8
        visible: !root.fits && root.canvas.width > Kirigami.Units.gridUnit * 24
        radius: Kirigami.Units.cornerRadius
        color: Qt.alpha(Kirigami.Theme.backgroundColor, 0.92)
        border.color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.25)
        clip: true

        // Shows what lies here in the middle of the canvas.
        function go(x: real, y: real): void {
            const factor = root.canvas.factor;
            const left = (x - 4) / root.ratio + root.view.left;
            const top = (y - 4) / root.ratio + root.view.top;
            root.canvas.pan(root.canvas.width / 2 - left * factor - root.canvas.scene.x, root.canvas.height / 2 - top * factor - root.canvas.scene.y);
        }

        Repeater {
            model: root.canvas.nodes

            delegate: Rectangle {
                required property string key
                required property string kind
                required property real placeX
                required property real placeY
                required property real breadth
                required property real depth

                x: 4 + (placeX - root.view.left) * root.ratio
                y: 4 + (placeY - root.view.top) * root.ratio
                width: Math.max(2, breadth * root.ratio)
                height: Math.max(2, depth * root.ratio)
                radius: 1
                color: key === root.canvas.selected ? Kirigami.Theme.highlightColor : Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.4)
            }
        }

        Rectangle {
            x: 4 + (-root.canvas.scene.x / root.canvas.factor - root.view.left) * root.ratio
            y: 4 + (-root.canvas.scene.y / root.canvas.factor - root.view.top) * root.ratio
            width: root.canvas.width / root.canvas.factor * root.ratio
            height: root.canvas.height / root.canvas.factor * root.ratio
            color: Qt.alpha(Kirigami.Theme.highlightColor, 0.15)
            border.color: Kirigami.Theme.highlightColor
        }

        TapHandler {
            onTapped: point => map.go(point.position.x, point.position.y)
        }

        DragHandler {
            target: null
            onCentroidChanged: {
                if (active) {
                    map.go(centroid.position.x, centroid.position.y);
                }
            }
        }
    }

    Rectangle {
        id: frame

        Layout.alignment: Qt.AlignRight
        implicitWidth: buttons.implicitWidth
        implicitHeight: buttons.implicitHeight
        radius: Kirigami.Units.cornerRadius
        color: Qt.alpha(Kirigami.Theme.backgroundColor, 0.92)
        border.color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.25)

        RowLayout {
            id: buttons

            spacing: 0

            Controls.ToolButton {
                icon.name: "zoom-out-symbolic"
                text: i18nc("@action:button", "Zoom Out")
                display: Controls.AbstractButton.IconOnly
                enabled: root.canvas.zoom > root.canvas.smallest
                onClicked: root.canvas.zoomBy(1 / 1.25)
                Controls.ToolTip.text: i18nc("@info:tooltip a button and its shortcut", "Zoom Out (Ctrl+−)")
                Controls.ToolTip.visible: hovered
            }

            Controls.ToolButton {
                text: i18nc("@action:button zoom", "%1 %", Math.round(root.canvas.zoom * 100))
                Accessible.name: i18nc("@action:button", "Actual Size")
                implicitWidth: Kirigami.Units.gridUnit * 3
                onClicked: root.canvas.zoomBy(1 / root.canvas.zoom)
                Controls.ToolTip.text: i18nc("@info:tooltip", "Actual size")
                Controls.ToolTip.visible: hovered
            }

            Controls.ToolButton {
                icon.name: "zoom-in-symbolic"
                text: i18nc("@action:button", "Zoom In")
                display: Controls.AbstractButton.IconOnly
                enabled: root.canvas.zoom < root.canvas.largest
                onClicked: root.canvas.zoomBy(1.25)
                Controls.ToolTip.text: i18nc("@info:tooltip a button and its shortcut", "Zoom In (Ctrl++)")
                Controls.ToolTip.visible: hovered
            }

            Controls.ToolButton {
                icon.name: "zoom-fit-best-symbolic"
                text: i18nc("@action:button", "Fit")
                display: Controls.AbstractButton.IconOnly
                onClicked: root.canvas.fit()
                Controls.ToolTip.text: i18nc("@info:tooltip", "Show the whole picture (Ctrl+0)")
                Controls.ToolTip.visible: hovered
            }
        }
    }
}
