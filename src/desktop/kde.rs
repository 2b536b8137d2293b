// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What only C++ can say to KDE Frameworks, see `kde.h`.

#![allow(unsafe_code, reason = "a bridge to C++")]

pub use ffi::{claim_instance, introduce, read_source, show, translate};

#[cxx_qt::bridge(namespace = "nova")]
mod ffi {
    unsafe extern "C++" {
        include!("nova-desktop/kde.h");

        #[namespace = ""]
        include!("cxx-qt-lib/qstring.h");
        #[namespace = ""]
        type QString = cxx_qt_lib::QString;
        #[namespace = ""]
        include!("cxx-qt-lib/qqmlapplicationengine.h");
        #[namespace = ""]
        type QQmlApplicationEngine = cxx_qt_lib::QQmlApplicationEngine;

        /// Names the application and checks the command line.
        fn introduce(version: &QString);
        /// Claims the one instance on the session bus, or hands over to it
        /// and ends the process.
        #[cxx_name = "claimInstance"]
        fn claim_instance(engine: Pin<&mut QQmlApplicationEngine>);
        /// Gives QML `i18n()` and its kin.
        fn translate(engine: Pin<&mut QQmlApplicationEngine>);
        /// Reads the QML files from this folder instead of from the program.
        #[cxx_name = "readSource"]
        fn read_source(engine: Pin<&mut QQmlApplicationEngine>, folder: &QString);
        /// Raises the window and does what the command line asks for.
        fn show(engine: Pin<&mut QQmlApplicationEngine>);
    }
}
