"""A client on each given transport publishes to all of them; prints what each received, as a JSON line."""
import json
import queue
import sys

from paho_any import make_client

host, protocol, authority = sys.argv[1], sys.argv[2], sys.argv[3]
ways = [way.split(":") for way in sys.argv[4:]]


def connect(transport, security, port):
    client = make_client(protocol, f"{transport}-{security}-{protocol}", transport=transport)
    client.received, client.ready = queue.Queue(), queue.Queue()
    if transport == "websockets":
        client.ws_set_options(path="/mqtt")
    if security == "tls":
        client.tls_set(ca_certs=authority)
    client.on_connect = lambda c, *rest: c.subscribe("ways/#", 1)
    client.on_subscribe = lambda c, *rest: c.ready.put(True)
    client.on_message = lambda c, u, message: c.received.put(message.payload)
    client.connect(host, int(port), 60)
    client.loop_start()
    client.ready.get(timeout=10)
    return client


clients = [connect(*way) for way in ways]
big = b"x" * 300_000
for index, client in enumerate(clients):
    client.publish(f"ways/{index}", f"from {'-'.join(ways[index][:2])}", 1).wait_for_publish(10)
    client.publish(f"ways/{index}", big, 1).wait_for_publish(10)
for way, client in zip(ways, clients):
    received = [client.received.get(timeout=10) for _ in range(2 * len(clients))]
    words = sorted(payload.decode() for payload in received if payload != big)
    print(json.dumps({"-".join(way[:2]): words, "big": received.count(big)}))
    client.disconnect()
    client.loop_stop()
