// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// The drawing itself: moved with wheel and middle button, zoomed with Ctrl and
// wheel, walked with the arrow keys. Coordinates are scaled, not the picture,
// so that lines and icons are sharp at every zoom.
FocusScope {
    id: root

    required property TopologyView view
    required property RowModel nodes

    property string selected: ""
    property string hovered: ""
    // The node that has or last had the keyboard.
    property string current: ""
    property real zoom: 1
    // Units of the layout are pixels at the usual size of the font.
    readonly property real unit: Kirigami.Units.gridUnit / 18
    readonly property real factor: zoom * unit
    // The names of ports have room in their rows.
    readonly property bool showsPorts: factor >= 0.57
    readonly property real margin: Kirigami.Units.gridUnit
    readonly property real fitZoom: Math.min(1, (width - margin * 2) / (Math.max(1, view.width) * unit), (height - margin * 2) / (Math.max(1, view.height) * unit))
    readonly property real smallest: Math.min(0.25, fitZoom * 0.9)
    readonly property real largest: 3
    property bool touched: false
    // The node that is put elsewhere, and where it was.
    property string dragged: ""
    property point from
    readonly property string focusKey: hovered !== "" ? hovered : selected
    readonly property bool searches: view.hits >= 0
    readonly property alias scene: scene

    signal opened(key: string)
    signal menuWanted(key: string, item: Item, x: real, y: real)
    // A node was put elsewhere.
    signal placed

    clip: true
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
        show(Math.max(fitZoom, 0.38));
        touched = false;
    }

    function show(wanted: real): void {
        zoom = wanted;
        touched = true;
        centre(height);
        // The buttons in the corner cover nothing where all is shown.
        const foot = map.buttonsHeight + map.anchors.margins * 2;
        if (zoom === fitZoom && coversNode()) {
            zoom = Math.min(fitZoom, (height - margin - foot) / (Math.max(1, view.height) * unit));
            centre(height - foot + margin);
        }
    }

    function centre(high: real): void {
        scene.x = Math.round(Math.max(margin, (width - view.width * factor) / 2) - view.left * factor);
        scene.y = Math.round(Math.max(margin, (high - view.height * factor) / 2) - view.top * factor);
    }

    // Whether a node lies under the buttons.
    function coversNode(): bool {
        // Not by its place, which a new size reaches later.
        const left = (width - map.anchors.margins - map.buttonsWidth - scene.x) / factor;
        const top = (height - map.anchors.margins - map.buttonsHeight - scene.y) / factor;
        for (let at = 0; at < nodeItems.count; at++) {
            const item = nodeItems.itemAt(at) as TopologyNode;
            if (item && item.placeX + item.breadth > left && item.placeY + item.depth > top) {
                return true;
            }
        }
        return false;
    }

    function zoomAt(x: real, y: real, by: real): void {
        const next = Math.max(smallest, Math.min(largest, zoom * by));
        const ratio = next / zoom;
        const left = x - (x - scene.x) * ratio;
        const top = y - (y - scene.y) * ratio;
        zoom = next;
        scene.x = Math.round(left);
        scene.y = Math.round(top);
        touched = true;
    }

    // Around the middle, as buttons and keys do.
    function zoomBy(by: real): void {
        zoomAt(width / 2, height / 2, by);
    }

    // Moves the picture; some of it always stays in sight.
    function pan(across: real, down: real): void {
        const keep = Kirigami.Units.gridUnit * 4;
        const left = scene.x + across + view.left * factor;
        const top = scene.y + down + view.top * factor;
        scene.x = Math.round(Math.max(keep - view.width * factor, Math.min(width - keep, left)) - view.left * factor);
        scene.y = Math.round(Math.max(keep - view.height * factor, Math.min(height - keep, top)) - view.top * factor);
        touched = true;
    }

    // Brings a rectangle of the picture, in pixels, into sight.
    function reveal(x: real, y: real, across: real, down: real): void {
        const left = scene.x + x;
        const top = scene.y + y;
        const byX = left < margin ? margin - left : Math.min(0, width - margin - left - across);
        const byY = top < margin ? margin - top : Math.min(0, height - margin - top - down);
        if (byX !== 0 || byY !== 0) {
            pan(byX, byY);
        }
    }

    // Brings what the search found into sight.
    function revealFound(): void {
        if (view.hits > 0) {
            const found = view.found();
            reveal(found.x * factor, found.y * factor, Math.min(found.width * factor, width - margin * 2), Math.min(found.height * factor, height - margin * 2));
        }
    }

    function lift(key: string): void {
        dragged = key;
        if (key !== "") {
            // The picture stays where it is meanwhile.
            touched = true;
            from = Qt.point(nodes.value(key, "placeX"), nodes.value(key, "placeY"));
        }
    }

    // Moves a node by a step, as the pointer would drag it.
    function nudge(key: string, across: int, down: int): void {
        const step = 10;
        touched = true;
        view.put(key, nodes.value(key, "placeX") + across * step, nodes.value(key, "placeY") + down * step);
        const item = itemOf(key);
        reveal(item.x, item.y, item.width, item.height);
        placed();
    }

    function drop(): void {
        if (dragged !== "") {
            dragged = "";
            placed();
        }
    }

    function itemOf(key: string): TopologyNode {
        return nodeItems.itemAt(nodes.rowOf(key)) as TopologyNode;
    }

    function focusOn(key: string, reason: int): void {
        const item = itemOf(key);
        if (item) {
            item.forceActiveFocus(reason);
        }
    }

    function go(from: string, across: int, down: int): void {
        const next = view.beside(from, across, down);
        focusOn(next, Qt.TabFocusReason);
        // The panel follows where it is open.
        if (selected !== "" && next !== "") {
            select(next);
        }
    }

    // Opens the panel; what is under the pointer stays there.
    function select(key: string): void {
        touched = true;
        selected = key;
        uncover.restart();
    }

    function deselect(): void {
        const key = selected;
        selected = "";
        focusOn(key, Qt.OtherFocusReason);
    }

    // Shows all of a picture that nobody has moved yet.
    function follow(): void {
        if (!touched) {
            arrive();
        }
    }

    // Tab always finds a node.
    function settle(): void {
        if (current === "" || nodes.rowOf(current) < 0) {
            current = view.first();
        }
    }

    Component.onCompleted: settle()
    onWidthChanged: follow()
    onHeightChanged: follow()
    Keys.onEscapePressed: event => {
        event.accepted = selected !== "";
        deselect();
    }

    Connections {
        target: root.view

        function onChanged(): void {
            // Once the nodes are in their places, too.
            Qt.callLater(root.follow);
            root.settle();
        }
    }

    // The extent may stay when nodes come and go.
    Connections {
        target: root.nodes

        function onRowsInserted(): void {
            root.settle();
        }

        function onRowsRemoved(): void {
            root.settle();
        }

        function onModelReset(): void {
            root.settle();
        }
    }

    Rectangle {
        anchors.fill: parent
        color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.alternateBackgroundColor, 0.6)
    }

    TapHandler {
        onTapped: {
            root.selected = "";
            root.focusOn(root.current, Qt.MouseFocusReason);
        }
        onDoubleTapped: root.fit()
    }

    // One handler for nodes and picture: of two, the outer would win.
    DragHandler {
        id: drag

        property point last

        target: null
        acceptedButtons: Qt.LeftButton
        cursorShape: active ? Qt.ClosedHandCursor : Qt.ArrowCursor
        onActiveChanged: {
            last = Qt.point(0, 0);
            if (active) {
                root.lift(root.hovered);
            } else {
                root.drop();
            }
        }
        onActiveTranslationChanged: {
            if (root.dragged !== "") {
                root.view.put(root.dragged, root.from.x + activeTranslation.x / root.factor, root.from.y + activeTranslation.y / root.factor);
            } else {
                root.pan(activeTranslation.x - last.x, activeTranslation.y - last.y);
                last = Qt.point(activeTranslation.x, activeTranslation.y);
            }
        }
    }

    DragHandler {
        property point last

        target: null
        acceptedButtons: Qt.MiddleButton
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

        Repeater {
            model: RowModel {
                source: RowModel.TopologyCaptions
            }

            delegate: TopologyCaption {
                factor: root.factor
            }
        }

        Repeater {
            model: RowModel {
                source: RowModel.TopologyLinks
            }

            delegate: TopologyLink {
                view: root.view
                factor: root.factor
                focusKey: root.focusKey
                phase: flow.phase
                showsRate: root.showsPorts
            }
        }

        Repeater {
            id: nodeItems

            model: root.nodes

            delegate: TopologyNode {
                canvas: root
            }
        }

        Repeater {
            model: RowModel {
                source: RowModel.TopologyTicks
            }

            delegate: TopologyTick {
                factor: root.factor
                showsLabel: root.showsPorts
                searches: root.searches
                focusKey: root.focusKey
            }
        }
    }

    // The panel may cover what was selected; a second click comes first.
    Timer {
        id: uncover

        interval: Application.styleHints.mouseDoubleClickInterval + 50
        onTriggered: {
            const item = root.itemOf(root.selected);
            if (item) {
                root.reveal(item.x, item.y, item.width, item.height);
            }
        }
    }

    // Dashes drift, unless animations are off.
    Timer {
        id: flow

        property real phase: 0

        interval: 100
        repeat: true
        running: root.visible && Kirigami.Units.longDuration > 1 && Application.state === Qt.ApplicationActive
        onTriggered: phase = (phase + 1) % 12
    }

    TopologyMap {
        id: map

        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Kirigami.Units.largeSpacing
        canvas: root
    }
}
