"""Sends the typed requests to a TIME server, in capitals and without a line end, until QUIT."""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
with socket.create_connection((host, port), timeout=10) as connection:
    while True:
        request = input("TIME/QUIT: ").upper()
        connection.sendall(request.encode())
        reply = connection.recv(32)
        if not reply:
            break
        print(reply.decode())
