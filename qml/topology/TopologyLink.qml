// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Shapes
import org.kde.kirigami as Kirigami

// A connection: as wide as its traffic, with dashes that run with it.
Item {
    id: root

    required property string kind
    required property string path
    required property string from
    required property string to
    required property bool isUp
    required property bool isBlocked
    required property string vlan
    required property real middleX
    required property real middleY
    required property real thickness
    required property int flow
    required property string rate
    // The node that is looked at, empty for none.
    required property string focusKey
    required property real phase
    required property bool showsRate

    readonly property bool lit: focusKey !== "" && (focusKey === from || focusKey === to)
    readonly property bool dimmed: focusKey !== "" && !lit
    readonly property color quiet: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, isUp ? 0.45 : 0.3)
    readonly property color stroke: lit || flow !== 0 ? Kirigami.Theme.highlightColor : quiet
    readonly property list<real> dots: [0.1, 3]
    readonly property list<real> dashes: [4, 3]

    z: lit ? 1 : 0
    opacity: dimmed ? 0.25 : 1

    Behavior on opacity {
        NumberAnimation {
            duration: Kirigami.Units.shortDuration
        }
    }

    Shape {
        preferredRendererType: Shape.CurveRenderer

        ShapePath {
            strokeColor: root.stroke
            strokeWidth: root.isUp ? root.thickness : 1.5
            fillColor: "transparent"
            capStyle: root.isUp ? ShapePath.FlatCap : ShapePath.RoundCap
            strokeStyle: root.isUp && root.kind !== "forwarding" ? ShapePath.SolidLine : ShapePath.DashLine
            dashPattern: root.isUp ? root.dashes : root.dots

            PathSvg {
                path: root.path
            }
        }
    }

    Loader {
        active: root.flow !== 0 && root.isUp && root.kind !== "forwarding"

        sourceComponent: Shape {
            preferredRendererType: Shape.CurveRenderer

            ShapePath {
                strokeColor: Kirigami.Theme.backgroundColor
                strokeWidth: Math.max(1, root.thickness / 3)
                fillColor: "transparent"
                capStyle: ShapePath.FlatCap
                strokeStyle: ShapePath.DashLine
                dashPattern: [4, 8]
                dashOffset: root.flow > 0 ? -root.phase : root.phase

                PathSvg {
                    path: root.path
                }
            }
        }
    }

    // A bar across says that the spanning tree blocks the port.
    Rectangle {
        x: root.middleX - width / 2
        y: root.middleY - height / 2
        width: 4
        height: 18
        radius: 2
        visible: root.isBlocked
        color: Kirigami.Theme.neutralTextColor
    }

    Rectangle {
        readonly property string words: root.vlan !== "" ? root.vlan : root.rate

        x: Math.round(root.middleX - width / 2)
        y: Math.round(root.middleY - height / 2)
        width: label.implicitWidth + 10
        height: label.implicitHeight + 2
        radius: height / 2
        visible: !root.isBlocked && words !== "" && (root.showsRate || root.lit)
        color: Kirigami.Theme.backgroundColor
        border.color: Qt.alpha(root.stroke, 0.6)

        Controls.Label {
            id: label

            anchors.centerIn: parent
            text: parent.words
            textFormat: Text.PlainText
            font.pixelSize: 10
            font.features: {
                "tnum": 1
            }
        }
    }
}
