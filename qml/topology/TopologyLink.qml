// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Shapes
import org.kde.kirigami as Kirigami
import org.nova.networking

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
    required property real slant
    required property real thickness
    required property int flow
    required property string rate
    required property bool isHit
    // What a mirror copies of it, empty where none does.
    required property string mirrored
    required property TopologyView view
    required property real factor
    // The node that is looked at, empty for none.
    required property string focusKey
    required property real phase
    required property bool showsRate

    readonly property bool lit: focusKey !== "" && (focusKey === from || focusKey === to)
    readonly property bool dimmed: !lit && (focusKey !== "" || !isHit)
    readonly property bool isSolid: isUp && kind !== "forwarding"
    readonly property color quiet: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, Kirigami.Theme.textColor, isUp ? 0.55 : 0.4)
    readonly property color stroke: lit || flow !== 0 ? Kirigami.Theme.highlightColor : quiet
    readonly property int breadth: isSolid ? Math.max(lit ? 2 : 1, Math.round(thickness * Math.min(1, factor))) : 1
    // From end to end in pixels, without the ticks.
    readonly property real reach: {
        const ends = path.match(/^M (\S+) .* (\S+) \S+$/);
        return ends === null ? 0 : Math.abs(ends[2] - ends[1]) * factor - 6;
    }
    readonly property string course: view.scaled(path, factor, breadth)
    readonly property list<real> dots: [1, 3]
    readonly property list<real> dashes: [5, 4]

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
            strokeWidth: root.breadth
            fillColor: "transparent"
            capStyle: ShapePath.FlatCap
            strokeStyle: root.isSolid ? ShapePath.SolidLine : ShapePath.DashLine
            dashPattern: root.isUp ? root.dashes : root.dots

            PathSvg {
                path: root.course
            }
        }
    }

    Loader {
        active: root.flow !== 0 && root.isSolid

        sourceComponent: Shape {
            preferredRendererType: Shape.CurveRenderer

            ShapePath {
                readonly property real gap: Math.max(1, root.breadth - 2)

                strokeColor: Kirigami.Theme.backgroundColor
                strokeWidth: gap
                fillColor: "transparent"
                capStyle: ShapePath.FlatCap
                strokeStyle: ShapePath.DashLine
                // Four pixels of twelve, whatever the width.
                dashPattern: [4 / gap, 8 / gap]
                dashOffset: (root.flow > 0 ? -root.phase : root.phase) / gap

                PathSvg {
                    path: root.course
                }
            }
        }
    }

    // A bar across says that the spanning tree blocks the port.
    Rectangle {
        x: Math.round(root.middleX * root.factor - width / 2)
        y: Math.round(root.middleY * root.factor - height / 2)
        width: 4
        height: Math.max(10, Math.round(18 * root.factor))
        radius: 2
        rotation: root.slant
        antialiasing: true
        visible: root.isBlocked
        color: Kirigami.Theme.neutralTextColor
    }

    // An eye beside the middle says that a mirror copies what passes.
    Rectangle {
        id: eye

        readonly property int side: Math.max(14, Math.round(18 * Math.min(1.4, root.factor)))
        // Beside the bar, or the pill of a slanted line.
        readonly property real aside: {
            if (root.isBlocked) {
                return side;
            }
            return pill.visible && !pill.isLevel ? (pill.width + side) / 2 + 2 : 0;
        }

        x: Math.round(root.middleX * root.factor + aside - width / 2)
        y: Math.round(root.middleY * root.factor - height / 2)
        width: side
        height: side
        radius: side / 2
        visible: root.mirrored !== ""
        color: Kirigami.Theme.backgroundColor
        border.width: 1
        border.color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, root.stroke, 0.6)
        Accessible.role: Accessible.Graphic
        Accessible.name: i18nc("@info:whatsthis", "Mirrored connection")
        Accessible.description: root.mirrored
        Controls.ToolTip.text: Session.verbatim(root.mirrored)
        Controls.ToolTip.visible: over.hovered
        Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

        Kirigami.Icon {
            anchors.centerIn: parent
            width: eye.side - 4
            height: width
            source: "view-visible-symbolic"
            fallback: "view-visible"
            isMask: true
            color: Kirigami.Theme.textColor
        }

        HoverHandler {
            id: over
        }
    }

    // What it carries: above a level line, on a slanted one.
    Rectangle {
        id: pill

        readonly property bool isLevel: Math.abs(root.slant) < 8
        readonly property string words: {
            const shown = root.vlan === "" ? [] : [root.vlan];
            return (root.rate === "" ? shown : shown.concat(root.rate)).join(" · ");
        }
        readonly property bool fits: metrics.advanceWidth + (isLevel ? 0 : 12) <= root.reach
        // On a short line the unit stands below.
        readonly property bool isSplit: isLevel && !fits && root.vlan === "" && root.mirrored === ""
        readonly property list<string> lines: isSplit ? root.rate.split(" ") : [words]

        x: Math.round(root.middleX * root.factor - width / 2)
        y: Math.round(root.middleY * root.factor - (isLevel ? height + root.breadth / 2 : height / 2))
        width: Math.ceil(label.implicitWidth) + (isLevel ? 0 : 12)
        height: Math.ceil(label.implicitHeight) + (isLevel ? 0 : 2)
        radius: Math.floor(height / 2)
        visible: !root.isBlocked && words !== "" && (root.lit || root.showsRate && (fits || isSplit))
        color: isLevel ? "transparent" : Kirigami.Theme.backgroundColor
        border.width: isLevel ? 0 : 1
        border.color: Kirigami.ColorUtils.linearInterpolation(Kirigami.Theme.backgroundColor, root.stroke, 0.6)

        Controls.Label {
            id: label

            anchors.centerIn: parent
            text: pill.lines[0] ?? ""
            textFormat: Text.PlainText
            font.pixelSize: Math.max(9, Math.round(10 * Math.min(1.4, root.factor)))
            font.features: {
                "tnum": 1
            }
        }

        Controls.Label {
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.top: parent.bottom
            anchors.topMargin: root.breadth
            visible: pill.isSplit
            text: pill.lines[1] ?? ""
            textFormat: Text.PlainText
            font: label.font
        }

        TextMetrics {
            id: metrics

            font: label.font
            text: pill.words
        }
    }
}
