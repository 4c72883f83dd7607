"""Subscribes to messages with a prefix, and prints the first of them."""
import sys

import zmq

host, port, prefix, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
socket = zmq.Context().socket(zmq.SUB)
socket.setsockopt(zmq.RCVTIMEO, 10_000)
socket.setsockopt_string(zmq.SUBSCRIBE, prefix)
socket.connect(f"tcp://{host}:{port}")
for _ in range(count):
    print("Received:", socket.recv_string())
