// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// How long the change under review waits to be kept: as long as its plan asks
// for, or longer; where that asks for nothing, not at all.
ColumnLayout {
    id: root

    // Seconds, 0 for what the plan asks for. It stays where the change is planned
    // anew.
    property int chosen: 0
    readonly property int asked: ChangeFlow.askedSeconds
    readonly property list<int> seconds: [asked].concat([60, 120, 300, 600].filter(more => more > asked))

    spacing: Kirigami.Units.smallSpacing
    onChosenChanged: choice.follow()

    function duration(seconds: int): string {
        if (seconds === 0) {
            return i18nc("@item:inlistbox how long a change waits to be kept", "Not needed");
        }
        return seconds % 60 === 0 ? i18ncp("@item:inlistbox", "%1 minute", "%1 minutes", seconds / 60) : i18nc("@item:inlistbox", "%1 s", seconds);
    }

    RowLayout {
        Layout.fillWidth: true
        spacing: Kirigami.Units.smallSpacing

        Kirigami.Heading {
            Layout.fillWidth: true
            level: 4
            text: i18nc("@title:group time within which a person keeps a change", "Time to keep it")
        }

        ChoiceBox {
            id: choice

            // Choosing writes the index, which so forgets what it was bound to.
            function follow(): void {
                currentIndex = Math.max(0, root.seconds.indexOf(root.chosen));
            }

            label: i18nc("@label:listbox", "Time to keep it")
            model: root.seconds.map(seconds => root.duration(seconds))
            // A list that is made anew begins with its first entry.
            onModelChanged: Qt.callLater(follow)
            onActivated: index => root.chosen = index > 0 ? root.seconds[index] : 0
        }
    }

    Controls.Label {
        Layout.fillWidth: true
        text: root.asked > 0 || root.chosen > 0 ? i18nc("@info", "Nova reverts the change unless you keep it within this time.") : i18nc("@info", "The change counts at once. Undo takes it back later.")
        wrapMode: Text.Wrap
    }
}
