#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Nova contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands in the virtual machine over virtio-serial ports.

channel.py serve PORT              in the machine: answers on a port
channel.py run FOLDER -- COMMAND…  in the lab: takes the first free port's
                                   socket of FOLDER; streams and exit status
                                   are the command's

A frame is a type, a length and that many bytes. To the machine: C the command
as JSON, I input, E end of input, H the other side has gone. From it: O output,
R error output, X the exit status. No network is used, so none is disturbed.
"""

import fcntl
import glob
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys

HEAD = struct.Struct("!cI")


def send(fd, kind, data=b""):
    """Writes a whole frame."""
    frame = HEAD.pack(kind, len(data)) + data
    while frame:
        frame = frame[os.write(fd, frame):]


def read_exactly(fd, size):
    """Reads size bytes; fewer mean that the other side closed."""
    data = b""
    while len(data) < size:
        part = os.read(fd, size - len(data))
        if not part:
            return data
        data += part
    return data


def receive(fd):
    """Reads a frame; None at the end."""
    head = read_exactly(fd, HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, size = HEAD.unpack(head)
    return kind, read_exactly(fd, size)


def answer(port, request):
    """Runs one command for the other side."""
    process = subprocess.Popen(
        request["argv"], cwd=request["cwd"], env=request["env"], start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    outputs = {process.stdout.fileno(): b"O", process.stderr.fileno(): b"R"}
    # Output goes out until both ends are closed; input comes in meanwhile.
    while outputs:
        ready, _, _ = select.select([port, *outputs], [], [])
        for fd in ready:
            if fd != port:
                data = os.read(fd, 65536)
                if data:
                    send(port, outputs[fd], data)
                else:
                    del outputs[fd]
                continue
            frame = receive(port)
            if frame is None or frame[0] == b"H":
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return
            try:
                if frame[0] == b"I":
                    process.stdin.write(frame[1])
                    process.stdin.flush()
                elif frame[0] == b"E":
                    process.stdin.close()
            except (BrokenPipeError, ValueError):
                pass
    status = process.wait()
    send(port, b"X", str(status if status >= 0 else 128 - status).encode())


def serve(path):
    """Answers on a port for ever."""
    # The port appears when udev gets to it, late on a busy machine.
    while not os.path.exists(path):
        select.select([], [], [], 0.2)
    port = os.open(path, os.O_RDWR)
    while True:
        # Without anybody at the other end a read returns at once.
        select.select([port], [], [], 1)
        frame = receive(port)
        if frame is None:
            select.select([], [], [], 0.05)
            continue
        if frame[0] != b"C":
            continue
        try:
            answer(port, json.loads(frame[1]))
        except OSError as error:
            send(port, b"R", f"{error}\n".encode())
            send(port, b"X", b"127")


def free_port(folder):
    """Connects to a port nobody uses; the lock is held until the end."""
    for path in sorted(glob.glob(f"{folder}/port*")):
        if path.endswith(".lock"):
            continue
        lock = open(f"{path}.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return connection, lock
    sys.exit("channel: all ports of the machine are in use")


def run(folder, argv):
    """Runs a command there, as if it ran here."""
    connection, _lock = free_port(folder)
    port = connection.fileno()
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
           "USER": "root", "LANG": "C.UTF-8", "TERM": "dumb", "NOVA_LAB": "vm"}
    # Whatever an interrupted command left running there ends first.
    send(port, b"H")
    send(port, b"C", json.dumps({"argv": argv, "cwd": "/root", "env": env}).encode())
    inputs = [port, 0]
    while True:
        ready, _, _ = select.select(inputs, [], [])
        if 0 in ready:
            data = os.read(0, 65536)
            send(port, b"I" if data else b"E", data)
            if not data:
                inputs.remove(0)
        if port in ready:
            frame = receive(port)
            if frame is None:
                sys.exit("channel: the machine has gone")
            kind, data = frame
            if kind == b"X":
                sys.exit(int(data))
            out = 1 if kind == b"O" else 2
            while data:
                data = data[os.write(out, data):]


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["run"] and sys.argv[3] == "--":
        run(sys.argv[2], sys.argv[4:])
    else:
        sys.exit(__doc__)
