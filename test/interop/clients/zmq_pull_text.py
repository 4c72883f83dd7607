"""Pulls so many messages and prints them as text; with a second endpoint it pulls from both."""
import sys

import zmq

count, endpoints = int(sys.argv[1]), sys.argv[2:]
socket = zmq.Context().socket(zmq.PULL)
socket.setsockopt(zmq.RCVTIMEO, 10_000)
socket.setsockopt(zmq.RCVHWM, 1)
for endpoint in endpoints:
    socket.connect(endpoint)
for _ in range(count):
    print(socket.recv_string())
