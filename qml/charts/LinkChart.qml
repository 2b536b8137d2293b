// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The chart of one link with its name over it.
Rectangle {
    id: root

    required property RowModel rows
    required property string name
    required property real seconds
    required property bool paused

    property string about: ""

    // The person took hold of the chart.
    signal held

    color: Kirigami.Theme.backgroundColor
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    function read(): void {
        if (name !== "") {
            chart.linkIndex = rows.value(name, "linkIndex") ?? 0;
            about = rows.value(name, "about") ?? "";
        }
    }

    onNameChanged: read()
    Component.onCompleted: read()

    Connections {
        target: root.rows

        function onTotalChanged(): void {
            root.read();
        }
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Kirigami.Units.largeSpacing
        spacing: Kirigami.Units.smallSpacing

        RowLayout {
            Layout.fillWidth: true
            spacing: Kirigami.Units.largeSpacing

            Kirigami.Heading {
                level: 3
                text: root.name
                textFormat: Text.PlainText
            }

            ElidedLabel {
                Layout.fillWidth: true
                text: root.about
                color: Kirigami.Theme.disabledTextColor
            }

            Controls.Label {
                visible: root.paused
                text: i18nc("@info:status", "Paused")
                color: Kirigami.Theme.neutralTextColor
            }
        }

        TrafficChart {
            id: chart

            Layout.fillWidth: true
            Layout.fillHeight: true
            seconds: root.seconds
            paused: root.paused
            fontSize: Kirigami.Theme.smallFont.pixelSize > 0 ? Kirigami.Theme.smallFont.pixelSize : Kirigami.Units.gridUnit * 0.62
            textColor: Kirigami.Theme.disabledTextColor
            gridColor: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.14)
            receivedColor: Kirigami.Theme.highlightColor
            sentColor: Kirigami.Theme.neutralTextColor
            Accessible.role: Accessible.Chart
            Accessible.name: i18nc("@info:whatsthis", "Traffic of %1: received above, sent below", root.name)

            DragHandler {
                target: null
                onActiveChanged: {
                    if (active) {
                        root.held();
                    }
                }
            }
        }
    }
}
