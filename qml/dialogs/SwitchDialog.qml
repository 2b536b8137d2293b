// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Creates a switch, or configures one. Everything is checked as one types.
WishDialog {
    id: root

    // The switch that is configured, empty for a new one.
    property string switchName: ""
    readonly property bool creating: switchName === ""
    // Of Open vSwitch, not of the kernel.
    property bool isOvs: false
    readonly property bool isBridge: !isOvs
    readonly property Form shown: isOvs ? ovs : bridge

    title: creating ? i18nc("@title:window", "Create Switch") : i18nc("@title:window", "Configure %1", switchName)
    preferredWidth: Kirigami.Units.gridUnit * 30
    preferredHeight: Kirigami.Units.gridUnit * (creating ? 26 : 34)
    ready: shown.isValid && shown.isChanged
    whyNot: shown.isChanged ? shown.errorText : i18nc("@info:tooltip", "Nothing is different yet.")
    reason: shown.errorField === "" || shown.toldField !== shown.errorField ? shown.errorText : ""
    onWished: shown.submit()

    function create(): void {
        switchName = "";
        isOvs = false;
        bridge.begin("", "");
        ovs.begin("", "");
        open();
        nameField.takeFocus();
    }

    // A page that comes with it takes the focus while the dialog opens.
    onOpened: {
        if (creating && isBridge && !activeFocus) {
            nameField.takeFocus();
        }
    }

    function configure(name: string): void {
        switchName = name;
        bridge.begin(name, "");
        open();
    }

    Form {
        id: bridge

        kind: Form.Bridge
    }

    Form {
        id: ovs

        kind: Form.OvsCreation
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        visible: root.creating
        maximumWidth: root.cardWidth

        FollowingRadio {
            text: i18nc("@option:radio", "Linux bridge")
            description: i18nc("@info", "Part of the kernel. What machines on one host need.")
            value: root.isBridge
            Accessible.description: description
            onChosen: root.isOvs = false
        }

        FollowingRadio {
            enabled: Session.ovsText === ""
            text: i18nc("@option:radio", "Open vSwitch")
            description: enabled
                ? i18nc("@info", "Beside that: OpenFlow controllers, tunnels to other hosts, mirrors into a VLAN.")
                : Session.ovsText + " " + Session.ovsRemedy
            value: root.isOvs
            Accessible.description: description
            onChosen: root.isOvs = true
        }
    }

    Kept {
        Layout.fillWidth: true
        wanted: root.isOvs

        sourceComponent: OvsCreationFields {
            form: ovs
            cardWidth: root.cardWidth
        }
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        visible: root.isBridge
        maximumWidth: root.cardWidth

        FormTextField {
            id: nameField

            visible: root.creating
            form: bridge
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
        }

        FlagField {
            first: !root.creating
            form: bridge
            field: "stp"
            text: i18nc("@option:check", "Spanning tree")
            description: i18nc("@info", "Keeps loops between switches from flooding the network. It delays new ports by about %1 s.", 2 * (bridge.values.forwardDelay ?? 0))
        }
    }

    FormCard.FormHeader {
        visible: root.creating && root.isBridge
        title: i18nc("@title:group", "Ports")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        visible: root.creating && root.isBridge
        maximumWidth: root.cardWidth

        CandidateChoice {
            Layout.fillWidth: true
            switchName: ""
            onChosen: (port, chosen) => bridge.put(chosen ? "choose" : "leave", port)
        }
    }

    AdvancedCard {
        id: advanced

        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        visible: root.isBridge && root.creating
        maximumWidth: root.cardWidth
        form: bridge
        description: i18nc("@info", "Timers, learning, multicast, VLANs, MTU and MAC address")
    }

    Kept {
        Layout.fillWidth: true
        wanted: root.isBridge && (advanced.open || !root.creating)

        sourceComponent: BridgeFields {
            form: bridge
            cardWidth: root.cardWidth
        }
    }
}
