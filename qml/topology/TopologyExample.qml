// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import org.kde.kirigami as Kirigami

// A host without any virtual network: a faint example and the way to begin.
Item {
    id: root

    signal switchWanted

    Item {
        anchors.horizontalCenter: parent.horizontalCenter
        y: Math.max(0, parent.height / 2 - Kirigami.Units.gridUnit * 12)
        width: Kirigami.Units.gridUnit * 28
        height: Kirigami.Units.gridUnit * 9
        scale: Math.min(1, root.width / (width + Kirigami.Units.gridUnit * 2))
        opacity: 0.35

        Shape {
            anchors.fill: parent
            preferredRendererType: Shape.CurveRenderer

            ShapePath {
                id: lines

                readonly property real u: Kirigami.Units.gridUnit

                strokeColor: Kirigami.Theme.textColor
                strokeWidth: 1
                fillColor: "transparent"

                PathMove {
                    x: 6 * lines.u
                    y: 4.5 * lines.u
                }
                PathLine {
                    x: 11 * lines.u
                    y: 4.5 * lines.u
                }
                PathMove {
                    x: 17 * lines.u
                    y: 4.5 * lines.u
                }
                PathCubic {
                    control1X: 19.5 * lines.u
                    control1Y: 4.5 * lines.u
                    control2X: 19.5 * lines.u
                    control2Y: 1.5 * lines.u
                    x: 22 * lines.u
                    y: 1.5 * lines.u
                }
                PathMove {
                    x: 17 * lines.u
                    y: 4.5 * lines.u
                }
                PathLine {
                    x: 22 * lines.u
                    y: 4.5 * lines.u
                }
                PathMove {
                    x: 17 * lines.u
                    y: 4.5 * lines.u
                }
                PathCubic {
                    control1X: 19.5 * lines.u
                    control1Y: 4.5 * lines.u
                    control2X: 19.5 * lines.u
                    control2Y: 7.5 * lines.u
                    x: 22 * lines.u
                    y: 7.5 * lines.u
                }
            }
        }

        Repeater {
            // Card, switch, three machines: left, top, width, height, icon.
            model: [[0, 3.4, 6, 2.2, "qrc:/qt/qml/org/nova/networking/icons/nova-card-symbolic.svg"], [11, 2, 6, 5, "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"], [22, 0.4, 6, 2.2, "computer-symbolic"], [22, 3.4, 6, 2.2, "computer-symbolic"], [22, 6.4, 6, 2.2, "computer-symbolic"]]

            delegate: Rectangle {
                id: box

                required property var modelData

                x: modelData[0] * Kirigami.Units.gridUnit
                y: modelData[1] * Kirigami.Units.gridUnit
                width: modelData[2] * Kirigami.Units.gridUnit
                height: modelData[3] * Kirigami.Units.gridUnit
                radius: Kirigami.Units.cornerRadius
                color: "transparent"
                border.color: Kirigami.Theme.textColor
                border.width: 1

                Kirigami.Icon {
                    anchors.centerIn: parent
                    width: Kirigami.Units.iconSizes.smallMedium
                    height: width
                    source: box.modelData[4]
                    isMask: true
                    color: Kirigami.Theme.textColor
                }
            }
        }
    }

    Kirigami.PlaceholderMessage {
        anchors.horizontalCenter: parent.horizontalCenter
        y: parent.height / 2
        width: parent.width - Kirigami.Units.gridUnit * 4
        text: i18nc("@info:placeholder", "This host has no virtual network yet")
        explanation: i18nc("@info", "A switch connects machines with each other and with the network cards of this host.")
        helpfulAction: Kirigami.Action {
            icon.name: "list-add"
            text: i18nc("@action:button", "Create a Switch")
            onTriggered: root.switchWanted()
        }
    }
}
