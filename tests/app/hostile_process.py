"""Stands for app.codecs.process when a file has got the better of it: what it does, the message says."""

import os
import signal
import socket
import sys
import time

from app.codecs.wire import Channel, Message

channel = Channel(socket.socket(fileno=int(sys.argv[1])))
channel.send(Message({"ready": True}))
while True:
    asked = channel.receive(2**40)
    match asked.text["do"]:
        case "echo":
            channel.send(Message({"secrets": [name for name in os.environ if "SECRET" in name]}, asked.blocks))
        case "hang":
            time.sleep(600)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "babble":
            os.write(int(sys.argv[1]), b"\xff" * 4096)
        case "swell":
            channel.send(Message({}, [bytes(2**20)] * 20))
        case "raise":
            channel.send(Message({"error": "SystemExit", "detail": "", "limit": None, "value": None}))
