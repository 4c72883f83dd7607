import { expect, test } from "bun:test";
import { networkFailure, notSpeaking } from "../../../src/cli/program/peer.ts";
import { DialError } from "../../../src/net/dial-error.ts";

const refusal = (port: number) =>
  networkFailure(new DialError("refused", "127.0.0.1", port), { host: "127.0.0.1", port });

test("a refusal says which service of the lab usually listens there, and how to start it", () => {
  expect(refusal(45000)?.message).toBe(
    "Cannot connect to 127.0.0.1:45000: connection refused. The lab's service time usually listens there; start it with: distsrv",
  );
});

test("a port of two services names both", () => {
  expect(refusal(12345)?.message).toEndWith(
    "The lab's services udp and zmq-pub usually listen there; start them with: distsrv",
  );
});

test("a port of no service makes the message ask for the port", () => {
  expect(refusal(44999)?.message).toEndWith(
    "No service of the lab listens there by itself; is the port right?",
  );
});

test("fetch's refusal reads the same, and an IPv6 address is put in brackets", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  const error = await fetch(`http://127.0.0.1:${port}/`).catch((thrown: unknown) => thrown);
  expect(networkFailure(error, { host: "::1", port })?.message).toStartWith(
    `Cannot connect to [::1]:${port}: connection refused`,
  );
});

test("an error that is not the network's passes", () => {
  expect(networkFailure(new TypeError("a mistake of ours"), { host: "h", port: 1 })).toBeUndefined();
});

const words = [
  ["refused", "connection refused", "start it with: distsrv"],
  ["unresolved", 'the name "lab" has no address', "The host comes first, as in: distcli echo 127.0.0.1 halo"],
  ["no-name-server", 'no name server answers what address "lab" has', "look at this machine's network"],
  ["unreachable", "the network is unreachable", "ip route get lab"],
  ["no-route", "no route to the host", "ping lab"],
  ["bad-address", "this machine cannot connect to such an address", "Give the address of one machine"],
  ["forbidden", "this machine forbids it", "A firewall or a route"],
  ["timed-out", "timed out", "does a firewall between drop"],
  ["reset", "lab:45000 broke the connection off", "The lab's time usually listens there; is the port right?"],
] as const;

test("every reason of a failed connection has its own words and its own hint", () => {
  const messages = words.map(([code, reason, hint]) => {
    const error = new DialError(code, "lab", 45000);
    const failure = networkFailure(error, { host: "lab", port: 45000 });
    expect(failure).toMatchObject({ code: `connection-${code}` });
    expect(failure?.message).toContain(reason);
    expect(failure?.message).toContain(hint);
    return failure?.message;
  });
  expect(new Set(messages).size).toBe(messages.length);
  for (const message of messages.slice(1)) expect(message).not.toContain("start it with: distsrv");
});

test("a peer that speaks another protocol is asked for with what usually listens on its port", () => {
  expect(notSpeaking({ host: "lab", port: 2222 }, "HTTP").message).toBe(
    "lab:2222 does not speak HTTP. The lab's echo usually listens there; is the port right?",
  );
});
