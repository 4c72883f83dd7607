"""Publishes at QoS 1 and 2, and receives, through relays that break the connections; the sessions persist.

Prints what was received, with whether the broker kept the sessions."""
import json
import queue
import sys
import threading

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho_any import make_client

publisher_port, subscriber_port, protocol, count = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
TOPIC = f"breaks/{protocol}"
connected, sessions = queue.Queue(), []
subscribed = threading.Event()
received = {1: [], 2: []}
complete = threading.Condition()


def lasting(name, port):
    options = {} if protocol == "5" else {"clean_session": False}
    client = make_client(protocol, f"{name}-{protocol}", **options)
    client.reconnect_delay_set(0.02, 0.05)
    client.max_inflight_messages_set(10)

    def on_connect(client, userdata, flags, code, *rest):
        sessions.append(bool(flags["session present"]))
        connected.put(name)

    client.on_connect = on_connect
    options = {}
    if protocol == "5":
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 60
        options = {"clean_start": False, "properties": properties}
    client.connect("127.0.0.1", port, 60, **options)
    return client


def on_message(client, userdata, message):
    with complete:
        received[message.qos].append(int(message.payload))
        complete.notify()


sub = lasting("break-sub", subscriber_port)
sub.on_message = on_message
sub.on_subscribe = lambda *rest: subscribed.set()
sub.loop_start()
connected.get()
sub.subscribe(f"{TOPIC}/#", 2)
subscribed.wait()
pub = lasting("break-pub", publisher_port)
pub.loop_start()
connected.get()
sessions.clear()
# Paho sends all that waits when it connects again: few messages wait, so that there are some left for each break.
room = threading.Semaphore(10)
pub.on_publish = lambda *rest: room.release()
for number in range(count):
    for qos in (1, 2):
        room.acquire()
        pub.publish(f"{TOPIC}/{qos}", str(number), qos)
with complete:
    complete.wait_for(lambda: all(len(set(got)) == count for got in received.values()))
# Each message that comes too often has been published before this one is acknowledged.
pub.publish(f"{TOPIC}/2", str(count), 2)
with complete:
    complete.wait_for(lambda: count in received[2])
print(json.dumps({"sessions kept": all(sessions), "1": received[1], "2": received[2]}))
for client in (pub, sub):
    client.disconnect()
    client.loop_stop()
