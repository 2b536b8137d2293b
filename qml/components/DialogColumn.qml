// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

// What stands in a dialog, one under the other, as wide as can be seen: Kirigami
// makes the first item of a dialog wider, by the scroll bar beside it.
Item {
    id: root

    default property alias contents: column.data
    property alias spacing: column.spacing

    readonly property Flickable view: parent?.parent as Flickable

    implicitHeight: column.implicitHeight

    ColumnLayout {
        id: column

        width: root.view?.width ?? root.width
        spacing: 0
    }
}
