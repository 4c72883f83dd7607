"""Receives messages in every kind of delivery, and prints what was granted and received, as JSON lines."""
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


def report(name, value):
    print(json.dumps({name: value}))


subscriber, publisher = client_named(f"subscriber-{protocol}"), client_named(f"publisher-{protocol}")
report("connack", connect(subscriber))
connect(publisher)

subscriber.subscribe([("delivery/+/leaf", 0), ("delivery/one", 1), ("delivery/deep/#", 2)])
report("granted", granted.get(timeout=10))
for topic, qos in [("delivery/a/leaf", 1), ("delivery/one", 0), ("delivery/one", 1), ("delivery/deep/er/still", 2), ("delivery/deep", 2)]:
    publisher.publish(topic, f"to {topic}", qos).wait_for_publish(10)
    report("message", next_message())

# Retained: sent to later subscribers, with the retain flag for them only, and cleared by an empty payload.
publisher.publish("delivery/kept", "old", 1, retain=True).wait_for_publish(10)
subscriber.subscribe("delivery/kept", 1)
granted.get(timeout=10)
report("retained", next_message())
publisher.publish("delivery/kept", "new", 1, retain=True).wait_for_publish(10)
report("live", next_message())
publisher.publish("delivery/kept", b"", 1, retain=True).wait_for_publish(10)
report("cleared", next_message())

# Unsubscribed: the next message received is the one to another topic.
subscriber.unsubscribe("delivery/one")
dropped.get(timeout=10)
publisher.publish("delivery/one", "unsubscribed", 1).wait_for_publish(10)
publisher.publish("delivery/x/leaf", "subscribed", 0).wait_for_publish(10)
report("after unsubscribe", next_message())

big = "x" * 200_000
publisher.publish("delivery/big/leaf", big, 0).wait_for_publish(10)
message = next_message()
report("big", [message[0], len(message[1]), message[1] == big])

# The will of a client whose connection breaks.
dying = make_client(protocol, f"dying-{protocol}")
dying.on_connect = client_named("unused").on_connect
dying.will_set("delivery/will/leaf", "gone", 1)
dying.connect(host, port, 60)
# Without a thread, which would notice the end of its socket a second later.
while connected.empty():
    dying.loop()
dying._sock_close()
report("will", next_message())
leave(subscriber)
leave(publisher)
