// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// The drawing itself: moved with wheel and middle button, zoomed with Ctrl and
// wheel, walked with Tab and arrows.
FocusScope {
    id: root

    required property TopologyView view
    required property RowModel nodes

    property string selected: ""
    property string hovered: ""
    property real zoom: 1
    // Units of the layout are pixels at the usual size of the font.
    readonly property real unit: Kirigami.Units.gridUnit / 18
    readonly property real factor: zoom * unit
    readonly property real fitZoom: Math.min(1, (width - margin * 2) / (Math.max(1, view.width) * unit), (height - margin * 2) / (Math.max(1, view.height) * unit))
    readonly property real margin: Kirigami.Units.gridUnit * 1.5
    readonly property real smallest: Math.min(0.25, fitZoom)
    property bool touched: false
    readonly property alias scene: scene

    signal opened(key: string)

    clip: true
    activeFocusOnTab: false
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false
    Accessible.role: Accessible.Pane
    Accessible.name: i18nc("@info:whatsthis", "Network of this host, from the world to the machines")

    // Shows everything.
    function fit(): void {
        show(fitZoom);
    }

    // The first look: everything where it can be read, else the upper left.
    function arrive(): void {
        show(Math.max(fitZoom, 0.62));
        touched = false;
    }

    function show(wanted: real): void {
        zoom = wanted;
        scene.x = Math.max(margin, (width - view.width * factor) / 2) - view.left * factor;
        scene.y = Math.max(margin, (height - view.height * factor) / 2) - view.top * factor;
        touched = true;
    }

    function zoomAt(x: real, y: real, by: real): void {
        const next = Math.max(smallest, Math.min(3, zoom * by));
        const ratio = next / zoom;
        scene.x = x - (x - scene.x) * ratio;
        scene.y = y - (y - scene.y) * ratio;
        zoom = next;
        touched = true;
    }

    // Moves the picture; some of it always stays in sight.
    function pan(across: real, down: real): void {
        const keep = Kirigami.Units.gridUnit * 4;
        const left = scene.x + across + view.left * factor;
        const top = scene.y + down + view.top * factor;
        scene.x = Math.max(keep - view.width * factor, Math.min(width - keep, left)) - view.left * factor;
        scene.y = Math.max(keep - view.height * factor, Math.min(height - keep, top)) - view.top * factor;
        touched = true;
    }

    // Brings a node into sight.
    function reveal(item: Item): void {
        const left = scene.x + item.x * factor;
        const top = scene.y + item.y * factor;
        const right = left + item.width * factor;
        const bottom = top + item.height * factor;
        const across = left < margin ? margin - left : Math.min(0, width - margin - right);
        const down = top < margin ? margin - top : Math.min(0, height - margin - bottom);
        if (across !== 0 || down !== 0) {
            pan(across, down);
        }
    }

    function go(from: string, across: int, down: int): void {
        const item = nodeItems.itemAt(nodes.rowOf(view.beside(from, across, down)));
        if (item) {
            item.forceActiveFocus(Qt.TabFocusReason);
        }
    }

    function deselect(): void {
        const item = nodeItems.itemAt(nodes.rowOf(selected));
        selected = "";
        if (item) {
            item.forceActiveFocus(Qt.OtherFocusReason);
        }
    }

    onWidthChanged: touched ? undefined : arrive()
    onHeightChanged: touched ? undefined : arrive()
    Keys.onEscapePressed: event => {
        event.accepted = selected !== "";
        deselect();
    }

    Connections {
        target: root.view

        function onChanged(): void {
            if (!root.touched) {
                root.arrive();
            }
        }
    }

    Rectangle {
        anchors.fill: parent
        color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.alternateBackgroundColor, 0.6)
    }

    TapHandler {
        onTapped: root.selected = ""
        onDoubleTapped: root.fit()
    }

    DragHandler {
        id: drag

        property point last

        target: null
        acceptedButtons: Qt.LeftButton | Qt.MiddleButton
        cursorShape: active ? Qt.ClosedHandCursor : Qt.ArrowCursor
        onActiveChanged: last = Qt.point(0, 0)
        onActiveTranslationChanged: {
            root.pan(activeTranslation.x - last.x, activeTranslation.y - last.y);
            last = Qt.point(activeTranslation.x, activeTranslation.y);
        }
    }

    PinchHandler {
        target: null
        onScaleChanged: delta => root.zoomAt(centroid.position.x, centroid.position.y, delta)
    }

    WheelHandler {
        acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
        acceptedModifiers: Qt.KeyboardModifierMask
        orientation: Qt.Vertical
        target: null
        onWheel: event => {
            if (event.modifiers & Qt.ControlModifier) {
                root.zoomAt(event.x, event.y, Math.pow(1.2, event.angleDelta.y / 120));
            } else if (event.modifiers & Qt.ShiftModifier) {
                root.pan(event.angleDelta.y, 0);
            } else {
                root.pan(event.angleDelta.x, event.angleDelta.y);
            }
        }
    }

    Item {
        id: scene

        scale: root.factor
        transformOrigin: Item.TopLeft

        Repeater {
            model: RowModel {
                source: RowModel.TopologyCaptions
            }

            delegate: TopologyCaption {}
        }

        Repeater {
            model: RowModel {
                source: RowModel.TopologyLinks
            }

            delegate: TopologyLink {
                focusKey: root.hovered !== "" ? root.hovered : root.selected
                phase: flow.phase
                showsRate: root.factor > 0.5
            }
        }

        Repeater {
            id: nodeItems

            model: root.nodes

            delegate: TopologyNode {
                id: node

                canvas: root
                onActiveFocusChanged: {
                    if (activeFocus) {
                        root.reveal(node);
                    }
                }
            }
        }

        Repeater {
            model: RowModel {
                source: RowModel.TopologyTicks
            }

            delegate: TopologyTick {
                focusKey: root.hovered !== "" ? root.hovered : root.selected
            }
        }
    }

    // Dashes drift, unless animations are off.
    Timer {
        id: flow

        property real phase: 0

        interval: 80
        repeat: true
        running: root.visible && Kirigami.Units.longDuration > 1 && Application.state === Qt.ApplicationActive
        onTriggered: phase = (phase + 0.5) % 1000
    }

    TopologyMap {
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Kirigami.Units.largeSpacing
        canvas: root
    }
}
