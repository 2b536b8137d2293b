// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// What a form leads to, as the plan will say it.
SentenceList {
    id: root

    required property Form form

    visible: count > 0
    sentences: form.values.notices ?? []
    mark: "data-warning"
}
