"""Connects many clients at once, each on its own thread; each requests the time so often and checks the answer."""
import re
import socket
import sys
import threading

host, port, clients, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
good = []
start = threading.Barrier(clients)


def ask():
    with socket.create_connection((host, port), timeout=10) as connection:
        start.wait(timeout=10)
        for _ in range(requests):
            connection.sendall(b"TIME\r\n")
            reply = b""
            while not reply.endswith(b"\r\n"):
                reply += connection.recv(32)
            if re.fullmatch(rb"JAM \d\d:\d\d:\d\d\r\n", reply):
                good.append(reply)


threads = [threading.Thread(target=ask) for _ in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{len(good)} good replies")
