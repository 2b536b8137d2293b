// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// A list whose selection stays with its row, whatever comes and goes around
// it. Ctrl+C copies what the selected row is about.
ListView {
    id: root

    required property RowModel rows
    // The key of the selected row, empty for none.
    property string selected: ""
    // The value that is copied.
    required property string copied
    // Room that the scroll bar takes from the rows.
    readonly property real barWidth: bar.visible ? bar.width : 0

    function select(row: int): void {
        if (count > 0) {
            currentIndex = Math.max(0, Math.min(count - 1, row));
            selected = rows.keyAt(currentIndex);
        }
    }

    function mark(): void {
        currentIndex = rows.rowOf(selected);
    }

    function copy(): void {
        clipboard.text = rows.value(selected, copied) ?? "";
        clipboard.selectAll();
        clipboard.copy();
    }

    model: rows
    clip: true
    // Rows that come out of a pool or of what lies beyond the edge are not there
    // for assistive tools.
    reuseItems: false
    cacheBuffer: 0
    currentIndex: -1
    activeFocusOnTab: count > 0
    keyNavigationEnabled: false
    highlightMoveDuration: 0
    bottomMargin: Kirigami.Units.smallSpacing
    boundsBehavior: Flickable.StopAtBounds
    Controls.ScrollBar.vertical: Controls.ScrollBar {
        id: bar
    }
    Accessible.role: Accessible.List

    // Whoever comes with the keyboard sees where it is.
    onActiveFocusChanged: {
        if (activeFocus && selected === "") {
            select(0);
        }
    }

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
            select(ways[event.key]);
            event.accepted = true;
        } else if (event.matches(StandardKey.Copy) && selected !== "") {
            copy();
            event.accepted = true;
        }
    }

    Connections {
        target: root.rows

        function onCountChanged(): void {
            root.mark();
        }

        function onModelReset(): void {
            root.mark();
        }
    }

    TextEdit {
        id: clipboard

        visible: false
        textFormat: TextEdit.PlainText
    }
}
