"""Sockets break during QoS 1 and 2 deliveries; the sessions persist: no message is lost, and QoS 2 arrives once."""
import json
import queue
import socket
import sys
import time

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho_any import make_client

host, port, protocol = sys.argv[1], int(sys.argv[2]), sys.argv[3]
COUNT, TOPIC = 300, f"breaks/{protocol}"
granted, connected, faults = queue.Queue(), queue.Queue(), []
received = {1: [], 2: []}


def lasting(name):
    options = {} if protocol == "5" else {"clean_session": False}
    client = make_client(protocol, f"{name}-{protocol}", **options)
    client.reconnect_delay_set(0.02, 0.05)
    client.max_inflight_messages_set(10)
    client.on_connect = lambda c, u, flags, code, *rest: connected.put(bool(flags["session present"]))
    options = {}
    if protocol == "5":
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 60
        options = {"clean_start": False, "properties": properties}
    client.connect(host, port, 60, **options)
    return client


def on_message(client, userdata, message):
    received[message.qos].append(int(message.payload))


def break_off(client):
    """Breaks the connection; bytes in transit are lost."""
    connection = client.socket()
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


sub = lasting("break-sub")
sub.on_message = on_message
sub.on_subscribe = lambda *rest: granted.put(True)
sub.loop_start()
connected.get(timeout=10)
sub.subscribe(f"{TOPIC}/#", 2)
granted.get(timeout=10)
pub = lasting("break-pub")
pub.loop_start()
connected.get(timeout=10)

for number in range(COUNT):
    for qos in (1, 2):
        pub.publish(f"{TOPIC}/{qos}", str(number), qos)
    if number % 40 == 20:
        break_off(pub)
    if number % 40 == 35:
        break_off(sub)
    time.sleep(0.001)

deadline = time.monotonic() + 12
while (len(set(received[1])) < COUNT or len(received[2]) < COUNT) and time.monotonic() < deadline:
    time.sleep(0.02)
time.sleep(0.1)
again = [connected.get() for _ in range(connected.qsize())]
print(
    json.dumps(
        {
            "sessions kept": len(again) > 4 and all(again),
            "QoS 1": sorted(set(received[1])) == list(range(COUNT)),
            "QoS 2": sorted(received[2]) == list(range(COUNT)),
        }
    )
)
for client in (pub, sub):
    client.disconnect()
    client.loop_stop()
