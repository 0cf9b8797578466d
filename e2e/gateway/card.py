"""A network card inside a network namespace: it sends frames as they are told, and keeps what it has heard.

Lines in: "send HEX", or "heard HEX" for the frames that hold these octets. One line out for each.
"""
import select
import socket
import sys

FRAMES_MAX = 20000
OUTGOING = 4

card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
card.bind((sys.argv[1], 0))
heard = []


def answer(line):
    what, _, value = line.strip().partition(" ")
    octets = bytes.fromhex(value)
    if what == "send":
        card.send(octets)
        return ""
    return " ".join(frame.hex() for frame in heard if octets in frame)


pending = b""
while True:
    ready, _, _ = select.select([card, 0], [], [])
    if card in ready:
        frame, address = card.recvfrom(65535)
        if address[2] != OUTGOING and len(heard) < FRAMES_MAX:
            heard.append(frame)
    elif 0 in ready:
        piece = sys.stdin.buffer.raw.read(65536)
        if not piece:
            break
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            print(answer(line.decode()), flush=True)
