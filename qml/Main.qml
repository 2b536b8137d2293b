// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import org.kde.kirigami as Kirigami
import org.nova.networking

Kirigami.ApplicationWindow {
    id: root

    // Under this width the detail pushes over the list,
    readonly property bool narrow: width < Kirigami.Units.gridUnit * 50
    // and up to this one (720 px by default) the sidebar folds to icons.
    readonly property bool slim: width <= Kirigami.Units.gridUnit * 40
    property string pageName: ""
    // The dialog that is open.
    property QtObject dialog: null
    // Whether something is asked over the pages.
    readonly property bool asks: dialog !== null || review.visible
    // What had the keyboard before, and how it got it.
    property Item asker: null
    property int askerReason: Qt.OtherFocusReason

    title: i18nc("@title:window", "Nova")
    visible: true
    width: Kirigami.Units.gridUnit * 62
    height: Kirigami.Units.gridUnit * 40
    minimumWidth: Kirigami.Units.gridUnit * 20
    minimumHeight: Kirigami.Units.gridUnit * 20

    // Opens what the command line asks for, or the first page.
    function arrive(page: string, createsSwitch: bool): void {
        openPage(page);
        if (createsSwitch) {
            openPage("switches");
            creating.enabled = true;
            update();
        } else if (pageName === "") {
            openPageAt(0);
        }
    }

    // From whichever page; a review or another dialog comes first.
    function createSwitch(): void {
        if (dialog === null && !review.visible) {
            openPage("switches");
            (pageStack.get(0) as SwitchesPage)?.create();
        }
    }

    // What the page on the screen makes, else a switch.
    function createHere(): void {
        if (pageName === "cards" && dialog === null && !review.visible) {
            (pageStack.get(0) as CardsPage)?.create();
        } else {
            createSwitch();
        }
    }

    // A popup leaves the keyboard to the page, whatever has opened it.
    function remember(): void {
        if (!asks) {
            asker = activeFocusItem;
            askerReason = (asker as T.Control)?.focusReason ?? Qt.OtherFocusReason;
        }
    }

    function giveBack(): void {
        if (!asks && asker !== null) {
            if (asker.visible && asker.enabled && !keepBar.asking) {
                asker.forceActiveFocus(askerReason);
            }
            asker = null;
        }
    }

    onAsksChanged: Qt.callLater(giveBack)

    function openHelp(): void {
        openDialog(help, {})?.open();
    }

    // Creates a dialog, unless one stands open already: Kirigami lets assistive
    // tools press the buttons of a tool bar twice at once. What it is about is
    // given here once and for all, whatever is selected meanwhile.
    function openDialog(kind: Component, about: var): var {
        if (dialog !== null) {
            return null;
        }
        remember();
        dialog = kind.createObject(overlay, about ?? {});
        return dialog;
    }

    // Opens the page of this name; what is no page opens nothing.
    function openPage(name: string): void {
        const entry = pages.entries.find(entry => entry.name === name);
        if (!entry) {
            return;
        }
        if (entry.page === null) {
            const component = Qt.createComponent("org.nova.networking", entry.type);
            if (component.status !== Component.Ready) {
                console.warn(component.errorString());
                return;
            }
            entry.page = component.createObject(root, {});
        }
        pageName = name;
        pageStack.clear();
        pageStack.push(entry.page);
    }

    function openPageAt(position: int): void {
        if (position < pages.entries.length) {
            openPage(pages.entries[position].name);
        }
    }

    pageStack.columnView.columnResizeMode: root.narrow || pageStack.depth < 2
        ? Kirigami.ColumnView.SingleColumn
        : Kirigami.ColumnView.FixedColumns
    pageStack.defaultColumnWidth: Kirigami.Units.gridUnit * 19
    pageStack.globalToolBar.style: Kirigami.ApplicationHeaderStyle.ToolBar
    pageStack.globalToolBar.showNavigationButtons: root.narrow && pageStack.currentIndex > 0
        ? Kirigami.ApplicationHeaderStyle.ShowBackButton
        : Kirigami.ApplicationHeaderStyle.NoNavigationButtons

    globalDrawer: Sidebar {
        pages: pages
        current: root.pageName
        slim: root.slim
        onChosen: name => root.openPage(name)
        onHelpWanted: root.openHelp()
    }

    // Not a layout: it would resize a message that resizes itself.
    footer: Column {
        FailureNotice {
            id: failure

            width: parent.width
        }

        KeepBar {
            id: keepBar

            width: parent.width
        }
    }

    Pages {
        id: pages
    }

    ReviewDialog {
        id: review
        parent: root.overlay
        onAboutToShow: root.remember()
    }

    Connections {
        target: ChangeFlow

        function onTold(text: string, remedy: string, isFailure: bool, undo: string): void {
            if (isFailure) {
                failure.tell(text, remedy);
            } else if (undo !== "") {
                root.showPassiveNotification(Session.verbatim(text), "long", i18nc("@action:button", "Undo"), () => ChangeFlow.undo(undo));
            } else {
                root.showPassiveNotification(Session.verbatim(text), "short");
            }
        }
    }

    // A dialog finds its place only in a window that has been shown.
    Connections {
        id: creating

        target: root
        enabled: false

        function onFrameSwapped(): void {
            creating.enabled = false;
            root.createSwitch();
        }
    }

    Repeater {
        model: 9

        Item {
            id: place

            required property int index

            Shortcut {
                sequence: "Ctrl+" + (place.index + 1)
                onActivated: root.openPageAt(place.index)
            }
        }
    }

    Shortcut {
        sequences: [StandardKey.New]
        onActivated: root.createHere()
    }

    Shortcut {
        sequences: [StandardKey.Undo]
        onActivated: root.openPage("history")
    }

    Shortcut {
        sequence: "Escape"
        enabled: root.pageStack.currentIndex > 0
        onActivated: root.pageStack.goBack()
    }

    Shortcut {
        sequences: [StandardKey.HelpContents]
        onActivated: root.openHelp()
    }

    Component {
        id: help

        HelpDialog {
            onClosed: destroy()
        }
    }
}
