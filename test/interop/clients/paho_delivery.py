"""One client lives through every way of delivery and tells, as JSON lines, what arrived and what it was granted."""
import json
import queue
import sys

from paho_any import make_client

host, port, protocol = sys.argv[1], int(sys.argv[2]), sys.argv[3]
arrived, granted, connected, dropped = (queue.Queue() for _ in range(4))


def client_named(name, **options):
    session = {} if protocol == "5" else {"clean_session": options.pop("clean", True)}
    client = make_client(protocol, name, **session)
    client.on_connect = lambda c, u, flags, code, *rest: connected.put((flags, int(code) if protocol != "5" else code.value))
    client.on_subscribe = lambda c, u, mid, codes, *rest: granted.put([getattr(x, "value", x) for x in codes])
    client.on_unsubscribe = lambda *rest: dropped.put(True)
    client.on_message = lambda c, u, message: arrived.put(message)
    return client


def connect(client, **options):
    client.connect(host, port, 60, **options)
    client.loop_start()
    flags, code = connected.get(timeout=10)
    return {"code": code, "present": flags["session present"]}


def leave(client):
    client.disconnect()
    client.loop_stop()


def next_message():
    message = arrived.get(timeout=10)
    return [message.topic, message.payload.decode(), message.qos, bool(message.retain)]


def tell(name, value):
    print(json.dumps({name: value}))


listener, speaker = client_named(f"listener-{protocol}"), client_named(f"speaker-{protocol}")
tell("connack", connect(listener))
connect(speaker)

listener.subscribe([("story/+/leaf", 0), ("story/one", 1), ("story/deep/#", 2)])
tell("granted", granted.get(timeout=10))
for topic, qos in [("story/a/leaf", 1), ("story/one", 0), ("story/one", 1), ("story/deep/er/still", 2), ("story/deep", 2)]:
    speaker.publish(topic, f"to {topic}", qos).wait_for_publish(10)
    tell("message", next_message())

# Retained: kept for who subscribes later, marked as retained only for them, gone after an empty payload.
speaker.publish("story/kept", "old", 1, retain=True).wait_for_publish(10)
listener.subscribe("story/kept", 1)
granted.get(timeout=10)
tell("retained", next_message())
speaker.publish("story/kept", "new", 1, retain=True).wait_for_publish(10)
tell("live", next_message())
speaker.publish("story/kept", b"", 1, retain=True).wait_for_publish(10)
tell("cleared", next_message())

# Unsubscribed: the next message that arrives is the one to another topic.
listener.unsubscribe("story/one")
dropped.get(timeout=10)
speaker.publish("story/one", "unheard", 1).wait_for_publish(10)
speaker.publish("story/x/leaf", "heard", 0).wait_for_publish(10)
tell("after unsubscribe", next_message())

big = "x" * 200_000
speaker.publish("story/big/leaf", big, 0).wait_for_publish(10)
message = next_message()
tell("big", [message[0], len(message[1]), message[1] == big])

# The will: spoken for who goes without a word.
mortal = make_client(protocol, f"mortal-{protocol}")
mortal.on_connect = client_named("unused").on_connect
mortal.will_set("story/will/leaf", "gone", 1)
connect(mortal)
mortal._sock_close()
tell("will", next_message())
mortal.loop_stop()
leave(listener)
leave(speaker)
