"""Connects, sends nothing, and prints the first unsolicited events of the server."""
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.create_connection((host, port), timeout=10) as connection:
    for _ in range(count):
        print("Event:", connection.recv(1024).decode())
