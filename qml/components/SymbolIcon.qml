// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import org.kde.kirigami as Kirigami

// The symbol of a link before its name. A row that is given it instead of its
// name leaves it the colour of text, which what is drawn for Nova has to take.
Kirigami.Icon {
    implicitWidth: Kirigami.Units.iconSizes.smallMedium
    implicitHeight: Kirigami.Units.iconSizes.smallMedium
    isMask: true
}
