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

    title: creating ? i18nc("@title:window", "Create Switch") : i18nc("@title:window", "Configure %1", switchName)
    preferredWidth: Kirigami.Units.gridUnit * 30
    preferredHeight: Kirigami.Units.gridUnit * 26
    reason: isOvs && (ovs.errorField === "" || ovs.toldField !== ovs.errorField) ? ovs.errorText : ""
    ready: isOvs ? ovs.isValid : form.isValid && form.isChanged
    onWished: {
        if (isOvs) {
            ovs.submit();
        } else {
            form.submit();
        }
    }

    function create(): void {
        switchName = "";
        isOvs = false;
        form.reset();
        ovs.begin("", "");
        open();
        nameField.selectAll();
        nameField.forceActiveFocus();
    }

    // A page that comes with it takes the focus while the dialog opens.
    onOpened: {
        if (creating && isBridge && !activeFocus) {
            nameField.selectAll();
            nameField.forceActiveFocus();
        }
    }

    function configure(name: string): void {
        switchName = name;
        form.load(name);
        open();
    }

    BridgeForm {
        id: form
    }

    Form {
        id: ovs

        kind: Form.OvsCreation
    }

    ColumnLayout {
        Layout.fillWidth: true
        spacing: 0

        FormCard.FormCard {
            Layout.topMargin: Kirigami.Units.largeSpacing
            visible: root.creating
            maximumWidth: Kirigami.Units.gridUnit * 28

            FormCard.FormRadioDelegate {
                text: i18nc("@option:radio", "Linux bridge")
                description: i18nc("@info", "Part of the kernel. What machines on one host need.")
                checked: root.isBridge
                Accessible.description: description
                // Not only when it is clicked: assistive tools set it directly.
                onCheckedChanged: {
                    if (checked) {
                        root.isOvs = false;
                    }
                }
            }

            FormCard.FormRadioDelegate {
                enabled: Session.ovsText === ""
                text: i18nc("@option:radio", "Open vSwitch")
                description: enabled
                    ? i18nc("@info", "Beside that: OpenFlow controllers, tunnels to other hosts, mirrors into a VLAN.")
                    : Session.ovsText + " " + Session.ovsRemedy
                checked: root.isOvs
                Accessible.description: description
                onCheckedChanged: {
                    if (checked) {
                        root.isOvs = true;
                    }
                }
            }
        }

        OvsCreationFields {
            Layout.fillWidth: true
            visible: root.isOvs
            form: ovs
            cardWidth: Kirigami.Units.gridUnit * 28
        }

        FormCard.FormCard {
            Layout.topMargin: Kirigami.Units.largeSpacing
            visible: root.isBridge
            maximumWidth: Kirigami.Units.gridUnit * 28

            FormCard.FormTextFieldDelegate {
                id: nameField

                visible: root.creating
                label: i18nc("@label:textbox", "Name")
                text: form.name
                statusMessage: form.nameError
                status: form.nameError === "" ? Kirigami.MessageType.Information : Kirigami.MessageType.Error
                // Not only what is typed: assistive tools set the text whole.
                onTextChanged: {
                    if (form.name !== text) {
                        form.name = text;
                    }
                }
            }

            FormCard.FormDelegateSeparator {
                visible: root.creating
            }

            FormCard.FormSwitchDelegate {
                text: i18nc("@option:check", "Spanning tree")
                description: i18nc("@info", "Keeps loops between switches from flooding the network. It delays new ports by about %1 s.", 2 * form.forwardDelay)
                checked: form.stp
                // Not only when it is clicked: assistive tools set it directly.
                onCheckedChanged: {
                    if (form.stp !== checked) {
                        form.stp = checked;
                    }
                }
            }
        }

        FormCard.FormHeader {
            visible: root.creating && root.isBridge
            title: i18nc("@title:group", "Ports")
            maximumWidth: Kirigami.Units.gridUnit * 28
        }

        FormCard.FormCard {
            visible: root.creating && root.isBridge
            maximumWidth: Kirigami.Units.gridUnit * 28

            CandidateChoice {
                Layout.fillWidth: true
                switchName: ""
                onChosen: (port, chosen) => form.choosePort(port, chosen)
            }
        }

        FormCard.FormCard {
            Layout.topMargin: Kirigami.Units.largeSpacing
            Layout.bottomMargin: Kirigami.Units.largeSpacing
            visible: root.isBridge
            maximumWidth: Kirigami.Units.gridUnit * 28

            FormCard.FormButtonDelegate {
                id: advanced

                property bool unfolded: false
                // Never folded over what is wrong.
                readonly property bool open: !root.creating || unfolded || form.errorField !== ""

                text: i18nc("@action:button", "Advanced")
                description: i18nc("@info", "Timers, priority, learning")
                icon.name: "settings-configure"
                trailingLogo.source: open ? "go-up-symbolic" : "go-down-symbolic"
                visible: root.creating
                Accessible.role: Accessible.Button
                onClicked: unfolded = !open
            }

            NumberField {
                visible: advanced.open
                label: i18nc("@label:spinbox", "Forward delay in seconds")
                hint: form.stp
                    ? i18nc("@info", "4 to 30. How long a new port listens, and then learns.")
                    : i18nc("@info", "0 to 30. Counts only while spanning tree is on.")
                field: "forward-delay"
                form: form
                from: 0
                to: 60
                value: form.forwardDelay
                onEdited: value => form.forwardDelay = value
            }

            NumberField {
                visible: advanced.open
                label: i18nc("@label:spinbox", "Hello time in seconds")
                hint: i18nc("@info", "1 to 10. How often the root tells the others that it is there.")
                field: "hello-time"
                form: form
                from: 0
                to: 60
                value: form.helloTime
                onEdited: value => form.helloTime = value
            }

            NumberField {
                visible: advanced.open
                label: i18nc("@label:spinbox", "Max age in seconds")
                hint: i18nc("@info", "6 to 40. After this long without a word from the root, another one is chosen.")
                field: "max-age"
                form: form
                from: 0
                to: 60
                value: form.maxAge
                onEdited: value => form.maxAge = value
            }

            NumberField {
                visible: advanced.open
                label: i18nc("@label:spinbox", "Priority")
                hint: i18nc("@info", "The switch with the lowest number becomes the root. 802.1D counts in steps of 4096.")
                field: "priority"
                form: form
                from: 0
                to: 65535
                stepSize: 4096
                value: form.priority
                onEdited: value => form.priority = value
            }

            NumberField {
                visible: advanced.open
                label: i18nc("@label:spinbox", "MAC ageing time in seconds")
                hint: i18nc("@info", "An address that stays silent for this long is forgotten. 0 floods every frame.")
                field: "ageing-time"
                form: form
                from: 0
                to: 1000000
                stepSize: 10
                value: form.ageingTime
                onEdited: value => form.ageingTime = value
            }

            FormCard.FormSwitchDelegate {
                visible: advanced.open
                text: i18nc("@option:check", "Multicast snooping")
                description: i18nc("@info", "Multicast goes only to the ports that asked for it.")
                checked: form.multicastSnooping
                onCheckedChanged: {
                    if (form.multicastSnooping !== checked) {
                        form.multicastSnooping = checked;
                    }
                }
            }
        }
    }
}
