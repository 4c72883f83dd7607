"""A worker: pulls so many workloads, pickled by the server, and prints them."""
import pickle
import sys

import zmq

host, port, worker, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
socket = zmq.Context().socket(zmq.PULL)
socket.setsockopt(zmq.RCVTIMEO, 10_000)
socket.connect(f"tcp://{host}:{port}")
for _ in range(count):
    work = pickle.loads(socket.recv())
    assert isinstance(work, int), work
    print(f"Worker {worker} received work: {work}")
