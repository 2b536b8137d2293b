// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// What was changed through Nova, newest first.
ListPage {
    id: root

    title: i18nc("@title", "History")

    rows: RowModel {
        source: RowModel.History
    }

    placeholder {
        problem: Session.helperText
        remedy: Session.helperRemedy
        emptyIcon: "view-history-symbolic"
        emptyTitle: i18nc("@info:placeholder", "No changes")
        emptyText: i18nc("@info", "Every change made through Nova is listed here and can be undone.")
    }

    detail: Component {
        ChangePage {
            key: root.selected
            rows: root.rows
        }
    }

    rowDelegate: Component {
        ObjectDelegate {
            required property string key
            required property real started

            width: ListView.view.width
            facts: new Date(started * 1000).toLocaleString(Qt.locale(), Locale.ShortFormat)
            rate: ""
            highlighted: key === root.selected
            onClicked: root.open(key)
        }
    }
}
