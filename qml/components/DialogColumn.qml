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

    function holds(item: Item): bool {
        let one = item;
        while (one !== null && one !== column) {
            one = one.parent;
        }
        return one === column;
    }

    ColumnLayout {
        id: column

        width: root.view?.width ?? root.width
        spacing: 0
    }
}
