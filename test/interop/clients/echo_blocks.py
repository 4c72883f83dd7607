"""Sends one text to a transparent echo and reads it back in blocks of 16 bytes until all of it has returned."""
import logging
import socket
import sys

logging.basicConfig(level=logging.INFO, stream=sys.stdout)
host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
    connection.settimeout(10)
    connection.connect((host, port))
    logging.info(f"sending {text}")
    connection.sendall(text.encode())
    missing = len(text.encode())
    while missing > 0:
        block = connection.recv(16)
        if not block:
            sys.exit(f"the server left {missing} bytes before the end")
        missing -= len(block)
        logging.info(f"{block}")
    logging.info("closing")
