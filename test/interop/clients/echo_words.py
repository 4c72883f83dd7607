"""Sends its words one by one and waits for the reply to each, without keyboard input."""
import socket
import sys

host, port, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
with socket.create_connection((host, port), timeout=10) as connection:
    for word in words:
        connection.sendall(word.encode())
        print("CLIENT RECEIVED:", connection.recv(1024).decode())
