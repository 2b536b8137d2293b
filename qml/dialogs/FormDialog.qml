// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import org.nova.networking

// A dialog around a form.
WishDialog {
    id: root

    required property Form form

    ready: form.isValid && form.isChanged
    whyNot: form.isChanged ? form.errorText : i18nc("@info:tooltip", "Nothing is different yet.")
    reason: form.errorField === "" || form.toldField !== form.errorField ? form.errorText : ""
    onWished: form.submit()
}
