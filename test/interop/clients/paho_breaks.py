"""Sockets break in the middle of QoS 1 and 2; sessions outlive them: nothing is lost, and QoS 2 comes once."""
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
heard = {1: [], 2: []}


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


def message(client, userdata, told):
    heard[told.qos].append(int(told.payload))


def break_off(client):
    """The network goes away, whatever is on it."""
    wire = client.socket()
    if wire is not None:
        try:
            wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


sub = lasting("break-sub")
sub.on_message = message
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
while (len(set(heard[1])) < COUNT or len(heard[2]) < COUNT) and time.monotonic() < deadline:
    time.sleep(0.02)
time.sleep(0.1)
again = [connected.get() for _ in range(connected.qsize())]
print(
    json.dumps(
        {
            "sessions kept": len(again) > 4 and all(again),
            "QoS 1": sorted(set(heard[1])) == list(range(COUNT)),
            "QoS 2": sorted(heard[2]) == list(range(COUNT)),
        }
    )
)
for client in (pub, sub):
    client.disconnect()
    client.loop_stop()
