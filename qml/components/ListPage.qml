// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// A page that lists objects beside the page about the selected one. The
// detail stands in the next column, or is pushed over the list where the
// window is narrow.
Kirigami.ScrollablePage {
    id: root

    required property RowModel rows
    required property Component rowDelegate
    // Creates the page about one object; gets its key as `subject`.
    required property Component detail
    property string selected: ""
    property alias placeholder: state
    // What is missing although the list can be read, with its remedy.
    property string trouble: ""
    property string troubleRemedy: ""
    property string searchHint: i18nc("@info:placeholder", "Search…")

    property Kirigami.Page detailPage: null

    function select(key: string): void {
        if (key === "") {
            return;
        }
        selected = key;
        if (detailPage === null) {
            detailPage = detail.createObject(root, {}) as Kirigami.Page;
        }
        list.currentIndex = rows.rowOf(key);
    }

    // Shows the page about this object, also where a search has left it out.
    function open(key: string): void {
        const row = applicationWindow().pageStack;
        if (rows.rowOf(key) < 0) {
            search.clear();
        }
        select(key);
        if (row.depth < 2 && row.items.includes(root)) {
            row.push(detailPage);
        }
        row.currentIndex = row.depth - 1;
    }

    // Where there is room for two columns, something is selected. What is gone
    // stays so: a press that is meant for it is not to meet another.
    function fill(): void {
        const window = applicationWindow();
        if (!window || window.narrow || !window.pageStack.items.includes(root)) {
            return;
        }
        if (selected === "") {
            select(rows.keyAt(0));
        }
        if (selected !== "" && window.pageStack.depth < 2) {
            window.pageStack.push(detailPage);
        }
    }

    Kirigami.ColumnView.fillWidth: detailPage === null

    // The selection goes along with the arrow keys.
    function step(to: int): void {
        const last = list.count - 1;
        if (last >= 0) {
            list.currentIndex = Math.max(0, Math.min(last, to));
            select(rows.keyAt(list.currentIndex));
        }
    }

    header: Column {
        TroubleNotice {
            width: parent.width
            problem: state.problem === "" ? root.trouble : root.rows.total > 0 ? state.problem : ""
            remedy: state.problem === "" ? root.troubleRemedy : state.remedy
        }

        Controls.Control {
            width: parent.width
            padding: Kirigami.Units.smallSpacing
            visible: root.rows.total > 0

            contentItem: Kirigami.SearchField {
                id: search

                focusSequence: root.visible ? "Ctrl+F" : ""
                placeholderText: root.searchHint
                Accessible.name: i18nc("@label:textbox", "Search")
                onTextChanged: root.rows.filter = text
                Keys.onDownPressed: {
                    list.forceActiveFocus(Qt.TabFocusReason);
                    root.step(list.currentIndex < 0 ? 0 : list.currentIndex);
                }
            }
        }
    }

    ListView {
        id: list

        model: root.rows
        delegate: root.rowDelegate
        currentIndex: -1
        // Rows that come out of a pool or of what lies beyond the edge are not there
        // for assistive tools.
        reuseItems: false
        cacheBuffer: 0
        keyNavigationEnabled: false
        activeFocusOnTab: count > 0
        Accessible.role: Accessible.List
        Accessible.name: root.title
        Keys.onPressed: event => {
            const page = Math.max(1, Math.floor(height / Math.max(1, currentItem?.height ?? 1)) - 1);
            const ways = {
                [Qt.Key_Up]: currentIndex - 1,
                [Qt.Key_Down]: currentIndex + 1,
                [Qt.Key_PageUp]: currentIndex - page,
                [Qt.Key_PageDown]: currentIndex + page,
                [Qt.Key_Home]: 0,
                [Qt.Key_End]: count - 1
            };
            if (event.modifiers === Qt.NoModifier && event.key in ways) {
                root.step(ways[event.key]);
                event.accepted = true;
            }
        }

        ListState {
            id: state

            parent: list
            count: root.rows.count
            total: root.rows.total
            ready: root.rows.ready
            onSearchCleared: search.clear()
        }
    }

    Connections {
        target: root.rows

        function onCountChanged(): void {
            root.fill();
            list.currentIndex = root.rows.rowOf(root.selected);
        }

        function onModelReset(): void {
            list.currentIndex = root.rows.rowOf(root.selected);
        }
    }

    Connections {
        target: root.Window.window
        ignoreUnknownSignals: true

        function onNarrowChanged(): void {
            Qt.callLater(root.fill);
        }
    }

    // The buttons of a page that is out of sight stand out of sight, too, and are
    // not for the keyboard.
    component ButtonsInSight: Binding {
        required property Kirigami.Page page

        target: page?.globalToolBarItem ?? null
        when: (page?.globalToolBarItem ?? null) !== null
        property: "enabled"
        value: page?.Kirigami.ColumnView.inViewport ?? true
    }

    ButtonsInSight {
        page: root
    }

    ButtonsInSight {
        page: root.detailPage
    }

    // Whoever comes back begins with what is there.
    onVisibleChanged: {
        const isAlone = (applicationWindow()?.pageStack.depth ?? 0) < 2;
        if (visible && isAlone && selected !== "" && rows.ready && !rows.knows(selected)) {
            selected = "";
            Qt.callLater(fill);
        }
    }
    onIsCurrentPageChanged: Qt.callLater(root.fill)
    Component.onCompleted: Qt.callLater(root.fill)
}
