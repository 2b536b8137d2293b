// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The program `nova`.

fn main() -> std::process::ExitCode {
    nova_cli::run()
}
