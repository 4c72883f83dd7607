import { expect, test } from "bun:test";
import { networkFailure } from "../../../src/cli/program/peer.ts";
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
