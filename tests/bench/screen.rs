// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Watching the lab's screen: when does it show what it will show in the end?

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::RustConnection;

/// Every so many bytes of a frame are kept for comparing: one pixel in eight.
const STRIDE: usize = 32;

/// The screen of display `:1`.
pub struct Screen {
    connection: RustConnection,
    root: u32,
    size: (u16, u16),
}

impl Screen {
    pub fn open() -> Self {
        let (connection, number) =
            RustConnection::connect(Some(":1")).expect("tests/lab/lab desktop up");
        let screen = &connection.setup().roots[number];
        let (root, size) = (
            screen.root,
            (screen.width_in_pixels, screen.height_in_pixels),
        );
        Self {
            connection,
            root,
            size,
        }
    }

    fn frame(&self) -> Vec<u32> {
        let (width, height) = self.size;
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .unwrap()
            .reply()
            .unwrap();
        let pixels = image.data.chunks_exact(STRIDE);
        pixels
            .map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0]))
            .collect()
    }

    /// Starts something and watches for `watch`: after how long does the screen
    /// first show, up to one part in a hundred of what changed, what it shows
    /// at the end?
    pub fn until_complete(&self, watch: Duration, start: impl FnOnce()) -> Duration {
        let before = self.frame();
        let began = Instant::now();
        start();
        let mut frames = Vec::new();
        while began.elapsed() < watch {
            let frame = self.frame();
            frames.push((began.elapsed(), frame));
            std::thread::sleep(Duration::from_millis(10));
        }
        let (_, last) = frames.last().unwrap();
        let changed = differing(&before, last);
        assert!(
            changed > before.len() / 20,
            "nothing appeared on the screen"
        );
        let complete = frames
            .iter()
            .find(|(_, frame)| differing(frame, last) * 100 <= changed);
        complete.unwrap().0
    }
}

fn differing(one: &[u32], other: &[u32]) -> usize {
    one.iter()
        .zip(other)
        .filter(|(one, other)| one != other)
        .count()
}
