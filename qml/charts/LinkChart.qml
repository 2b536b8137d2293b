// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The chart of one link with its name over it, and what is under the pointer.
Rectangle {
    id: root

    required property RowModel rows
    required property string name
    required property real seconds
    required property bool paused

    property string about: ""
    // What it carries now, for those who cannot see the curves.
    property string carried: ""
    readonly property string since: {
        const start = new Date(chart.since);
        const format = Date.now() - chart.since < 86400000 ? Locale.ShortFormat : Locale.NarrowFormat;
        return Date.now() - chart.since < 86400000 ? start.toLocaleTimeString(Qt.locale(), format) : start.toLocaleString(Qt.locale(), format);
    }

    // The person took hold of the chart.
    signal held

    color: Kirigami.Theme.backgroundColor
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    function read(): void {
        if (name !== "") {
            chart.linkIndex = rows.value(name, "linkIndex") ?? 0;
            about = rows.value(name, "about") ?? "";
            follow();
        }
    }

    function follow(): void {
        carried = i18nc("@info:whatsthis what a link carries now", "receives %1, sends %2", rows.value(name, "received") ?? "", rows.value(name, "sent") ?? "");
    }

    onNameChanged: read()
    Component.onCompleted: read()

    Connections {
        target: root.rows

        function onTotalChanged(): void {
            root.read();
        }

        function onDataChanged(): void {
            root.follow();
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
                Layout.maximumWidth: root.width / 2
                level: 3
                text: root.name
                textFormat: Text.PlainText
                elide: Text.ElideMiddle
            }

            ElidedLabel {
                Layout.fillWidth: true
                text: root.about
                color: Kirigami.Theme.disabledTextColor
            }

            Controls.Label {
                visible: chart.isShort && chart.since > 0
                text: i18nc("@info:status time", "Recorded since %1", root.since)
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
            pointed: hover.hovered ? hover.point.position.x : -1
            fontSize: Kirigami.Theme.smallFont.pixelSize > 0 ? Kirigami.Theme.smallFont.pixelSize : Kirigami.Units.gridUnit * 0.62
            textColor: Kirigami.Theme.disabledTextColor
            gridColor: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.14)
            receivedColor: Kirigami.Theme.highlightColor
            sentColor: Kirigami.Theme.neutralTextColor
            Accessible.role: Accessible.Chart
            Accessible.name: i18nc("@info:whatsthis", "Traffic of %1: received above, sent below", root.name)
            Accessible.description: root.carried

            HoverHandler {
                id: hover

                cursorShape: Qt.CrossCursor
            }

            DragHandler {
                target: null
                onActiveChanged: {
                    if (active) {
                        root.held();
                    }
                }
            }

            // Time and both values, beside the crosshair.
            Rectangle {
                readonly property bool isLeft: chart.cursorX > chart.width / 2

                x: Math.round(isLeft ? chart.cursorX - width - Kirigami.Units.largeSpacing : chart.cursorX + Kirigami.Units.largeSpacing)
                y: Kirigami.Units.smallSpacing
                width: words.implicitWidth + Kirigami.Units.largeSpacing * 2
                height: words.implicitHeight + Kirigami.Units.smallSpacing * 2
                visible: chart.cursorX >= 0
                radius: Kirigami.Units.cornerRadius
                color: Qt.alpha(Kirigami.Theme.backgroundColor, 0.94)
                border.color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, 0.25)

                ColumnLayout {
                    id: words

                    anchors.centerIn: parent
                    spacing: 0

                    Controls.Label {
                        text: {
                            const time = new Date(chart.cursorTime);
                            return root.seconds > 3600 ? time.toLocaleString(Qt.locale(), "ddd hh:mm") : time.toLocaleTimeString(Qt.locale(), "hh:mm:ss");
                        }
                        font: Kirigami.Theme.smallFont
                        color: Kirigami.Theme.disabledTextColor
                    }

                    Controls.Label {
                        text: i18nc("@info received rate", "↓ %1", chart.cursorReceived)
                        color: chart.receivedColor
                        font.features: {
                            "tnum": 1
                        }
                    }

                    Controls.Label {
                        text: i18nc("@info sent rate", "↑ %1", chart.cursorSent)
                        color: chart.sentColor
                        font.features: {
                            "tnum": 1
                        }
                    }
                }
            }
        }
    }
}
