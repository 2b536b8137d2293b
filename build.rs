// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Builds the Qt side of the window: the bridges of `src/desktop`, the QML
//! module and the one C++ file that speaks to KDE Frameworks.

use cxx_qt_build::{CxxQtBuilder, QmlModule};

/// Files of `src/desktop` that hold a bridge.
const BRIDGES: &[&str] = &["src/desktop/kde.rs", "src/desktop/list_base.rs"];

/// QML files; each file's stem is the name of its type.
const QML: &[&str] = &["qml/Main.qml"];

/// KDE Frameworks that `kde.cpp` uses: folder of the headers and library.
const FRAMEWORKS: &[(&str, &str)] = &[
    ("KI18n", "KF6I18n"),
    ("KI18nQml", "KF6I18nQml"),
    ("KCoreAddons", "KF6CoreAddons"),
    ("KDBusAddons", "KF6DBusAddons"),
    ("KWindowSystem", "KF6WindowSystem"),
];

/// Where distributions install the headers of KDE Frameworks.
const FRAMEWORK_HEADERS: &str = "/usr/include/KF6";

fn main() {
    let module = QmlModule::new("org.nova.networking")
        .depends(["QtQuick"])
        .qml_files(QML.iter().copied());
    let builder = CxxQtBuilder::new_qml_module(module)
        // The default watches every folder of the package and would rebuild
        // all C++ when a test changes.
        .crate_include_root(None)
        .include_dir("src/desktop")
        .qt_module("Quick")
        .qt_module("QuickControls2")
        .qt_module("Widgets")
        .qt_module("DBus")
        .qrc_resources(["icons/org.nova.Networking.svg"])
        .cpp_file("src/desktop/kde.cpp")
        .files(BRIDGES.iter().copied());
    println!("cargo::rerun-if-changed=src/desktop/kde.h");
    // SAFETY: the closure only adds include folders.
    #[allow(unsafe_code)]
    let builder = unsafe {
        builder.cc_builder(|cc| {
            cc.include(FRAMEWORK_HEADERS);
            for (folder, _) in FRAMEWORKS {
                cc.include(format!("{FRAMEWORK_HEADERS}/{folder}"));
            }
        })
    };
    builder.build();
    for (_, library) in FRAMEWORKS {
        println!("cargo::rustc-link-lib={library}");
    }
}
