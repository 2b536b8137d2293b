// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// What stands in a dialog, one under the other, as wide as can be seen: Kirigami
// makes the first item of a dialog wider, by the scroll bar beside it.
Item {
    id: root

    default property alias contents: column.data
    property alias spacing: column.spacing

    readonly property Flickable view: parent?.parent as Flickable
    readonly property Item focused: Window.activeFocusItem

    implicitHeight: column.implicitHeight

    // Who goes from field to field with the keyboard sees each of them.
    onFocusedChanged: Qt.callLater(reveal)

    function reveal(): void {
        if (view === null || focused === null || !holds(focused)) {
            return;
        }
        const room = Kirigami.Units.gridUnit;
        const top = focused.mapToItem(view.contentItem, 0, 0).y - room;
        const bottom = top + focused.height + 2 * room;
        if (top < view.contentY) {
            view.contentY = Math.max(0, top);
        } else if (bottom > view.contentY + view.height) {
            view.contentY = Math.max(0, Math.min(bottom, view.contentHeight) - view.height);
        }
    }

    // By as much as is seen, but for a line that stays in sight.
    function turn(pages: int): void {
        const step = pages * (view.height - Kirigami.Units.gridUnit);
        view.contentY = Math.max(0, Math.min(view.contentHeight - view.height, view.contentY + step));
    }

    function holds(item: Item): bool {
        let one = item;
        while (one !== null && one !== column) {
            one = one.parent;
        }
        return one === column;
    }

    // What is only read has no focus that arrow keys could move.
    Shortcut {
        sequences: [StandardKey.MoveToNextPage]
        enabled: root.visible && root.view !== null
        onActivated: root.turn(1)
    }

    Shortcut {
        sequences: [StandardKey.MoveToPreviousPage]
        enabled: root.visible && root.view !== null
        onActivated: root.turn(-1)
    }

    ColumnLayout {
        id: column

        width: root.view?.width ?? root.width
        spacing: 0
    }
}
