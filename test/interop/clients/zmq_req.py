"""Sends so many requests to a REP server and prints the bytes of each reply."""
import sys

import zmq

host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
socket = zmq.Context().socket(zmq.REQ)
socket.setsockopt(zmq.RCVTIMEO, 10_000)
socket.connect(f"tcp://{host}:{port}")
for number in range(count):
    print(f"Sending request {number} ...")
    socket.send(b"Hello")
    print(f"Received reply {number}: {socket.recv()}")
