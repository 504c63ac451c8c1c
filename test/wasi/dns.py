"""A name server on 127.0.0.1, for the time that a command runs: dns.py BEHAVIOUR COMMAND…

It knows four.test (127.0.0.1), six.test (::1), alias.test (another name of four.test) and empty.test (no address); other
names do not exist. BEHAVIOUR: answer; lose-first, which drops the first two packets; silence.
"""

import ipaddress
import socket
import struct
import subprocess
import sys
import threading

A, CNAME, AAAA = 1, 5, 28


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(name, kind, data):
    return encode(name) + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question = query[12 : at + 5]
    name, kind = ".".join(labels).lower(), struct.unpack("!H", query[at + 1 : at + 3])[0]
    records = []
    if name in ("four.test", "alias.test") and kind == A:
        if name == "alias.test":
            records.append(record(name, CNAME, encode("four.test")))
        records.append(record("four.test", A, ipaddress.ip_address("127.0.0.1").packed))
    if name == "six.test" and kind == AAAA:
        records.append(record(name, AAAA, ipaddress.ip_address("::1").packed))
    known = name in ("four.test", "six.test", "alias.test", "empty.test")
    return query[:2] + struct.pack("!HHHHH", 0x8180 | (0 if known else 3), 1, len(records), 0, 0) + question + b"".join(records)


def serve(server, behaviour):
    for count in range(1 << 30):
        query, client = server.recvfrom(65536)
        if behaviour == "silence" or (behaviour == "lose-first" and count < 2):
            continue
        server.sendto(answer(query), client)


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
threading.Thread(target=serve, args=(server, sys.argv[1]), daemon=True).start()
sys.exit(subprocess.run(sys.argv[2:]).returncode)
