# A PUSH server that deals out pickled workloads, as a course writes it, without the pauses.
import pickle
import random

import zmq

socket = zmq.Context().socket(zmq.PUSH)
print("listening", socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
while True:
    socket.send(pickle.dumps(random.randint(1, 100)))
