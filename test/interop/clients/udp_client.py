"""Sends datagrams from one socket and prints each reply, with its own port and the server's."""
import socket
import sys

host, port, messages = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as sock:
    sock.settimeout(10)
    for message in messages:
        sock.sendto(message.encode(), (host, port))
        reply, sender = sock.recvfrom(65536)
        print(f"Port {sock.getsockname()[1]} received from port {sender[1]}: {reply.decode()}")
