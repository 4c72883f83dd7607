import { describe, expect, onTestFinished, test } from "bun:test";
import { ZmqContext } from "../../../src/net/zmq/context.ts";
import { ZmqError } from "../../../src/net/zmq/error.ts";
import type { ZmqSocket } from "../../../src/net/zmq/socket.ts";
import { ZmqWaiter } from "../../../src/net/zmq/waiter.ts";
import { maxWait } from "../../support/until.ts";

async function context(): Promise<ZmqContext> {
  const zmq = await ZmqContext.create();
  onTestFinished(async () => {
    await zmq.terminate(AbortSignal.timeout(maxWait));
  });
  return zmq;
}

async function pipeline(): Promise<{ zmq: ZmqContext; push: ZmqSocket; pull: ZmqSocket }> {
  const zmq = await context();
  const [push, pull] = [zmq.socket("push"), zmq.socket("pull")];
  push.bind("inproc://work");
  pull.connect("inproc://work");
  return { zmq, push, pull };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("a socket", () => {
  test("passes messages of one part and of several, also empty ones", async () => {
    const { push, pull } = await pipeline();
    expect(push.send(bytes("one"))).toBe(true);
    expect(push.sendParts([bytes("a"), bytes(""), bytes("c")])).toBe(true);
    expect(push.send(bytes(""))).toBe(true);
    expect(pull.receive()?.map(String)).toEqual([String(bytes("one"))]);
    expect(pull.receive()).toEqual([bytes("a"), bytes(""), bytes("c")]);
    expect(pull.receive()).toEqual([bytes("")]);
  });

  test("hands over copies: a later message does not change an earlier one", async () => {
    const { push, pull } = await pipeline();
    const sent = Uint8Array.from({ length: 100_000 }, (_, index) => index);
    push.send(sent);
    sent.fill(7);
    push.send(sent);
    const first = pull.receive()?.[0];
    expect(pull.receive()?.[0]).toEqual(sent);
    expect(first).toEqual(Uint8Array.from({ length: 100_000 }, (_, index) => index));
  });

  test("says at once that there is nothing to receive and nobody to send to", async () => {
    const zmq = await context();
    const push = zmq.socket("push");
    push.bind("tcp://127.0.0.1:*");
    expect(push.send(bytes("x"))).toBe(false);
    expect(push.sendParts([bytes("x"), bytes("y")])).toBe(false);
    expect(zmq.socket("pull").receive()).toBeUndefined();
  });

  test("knows where it is bound", async () => {
    const zmq = await context();
    const rep = zmq.socket("rep");
    rep.bind("tcp://127.0.0.1:*");
    expect(rep.lastEndpoint()).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  });

  test("throws what libzmq answered, by name", async () => {
    const zmq = await context();
    const [first, second] = [zmq.socket("rep"), zmq.socket("rep")];
    first.bind("tcp://127.0.0.1:*");
    const failure = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return error instanceof ZmqError ? `${error.code}: ${error.message}` : String(error);
      }
    };
    const endpoint = first.lastEndpoint();
    expect(failure(() => second.bind(endpoint))).toBe(`EADDRINUSE: bind ${endpoint}: Address already in use`);
    expect(failure(() => second.bind("tcp://192.0.2.1:*"))).toStartWith("EADDRNOTAVAIL: bind");
    expect(failure(() => second.send(bytes("no request yet")))).toStartWith("EFSM: send 14 bytes");
    expect(failure(() => second.setInt("sndhwm", -1))).toStartWith("EINVAL: set sndhwm to -1");
  });

  test("may be closed twice", async () => {
    const { push } = await pipeline();
    push.close();
    push.close();
    expect(push.closed).toBe(true);
  });
});

describe("a context", () => {
  test("ends when what was sent has arrived, not before", async () => {
    const sender = await ZmqContext.create();
    const receiver = await context();
    const push = sender.socket("push");
    push.bind("tcp://127.0.0.1:*");
    const endpoint = push.lastEndpoint();
    const pull = receiver.socket("pull");
    pull.connect(endpoint);
    const writable = new ZmqWaiter(sender.lib, [push]);
    expect(await writable.wait(["writable"])).toBe(true);
    for (let count = 0; count < 500; count++) push.send(new Uint8Array(10_000));
    writable.close();
    push.setInt("linger", 5000);
    const ended = sender.terminate(AbortSignal.timeout(maxWait));
    const readable = new ZmqWaiter(receiver.lib, [pull]);
    for (let count = 0; count < 500; ) {
      if (pull.receive() === undefined) await readable.wait(["readable"], 5000);
      else count++;
    }
    readable.close();
    expect(await ended).toBe(true);
  });

  test("does not wait beyond the deadline for a peer that never comes", async () => {
    const zmq = await ZmqContext.create();
    const push = zmq.socket("push");
    push.connect("tcp://127.0.0.1:1"); // without `immediate` it queues
    push.send(bytes("x"));
    push.setInt("linger", 2 * maxWait); // whoever waits for that is too late for this test
    expect(await zmq.terminate(AbortSignal.timeout(50))).toBe(false);
  });
});

describe("a waiter", () => {
  test("wakes when a message comes, and leaves the event loop free until then", async () => {
    const { zmq, push, pull } = await pipeline();
    const waiter = new ZmqWaiter(zmq.lib, [pull]);
    onTestFinished(() => waiter.close());
    for (let round = 0; round < 20; round++) {
      setTimeout(() => push.send(bytes("x")), 8); // a loop that is blocked never gets to this
      expect(await waiter.wait(["readable"], 5000)).toBe(true);
      expect(pull.receive()).toEqual([bytes("x")]);
    }
  });

  test("gives up when the time is over", async () => {
    const { zmq, pull } = await pipeline();
    const waiter = new ZmqWaiter(zmq.lib, [pull]);
    onTestFinished(() => waiter.close());
    const start = performance.now();
    expect(await waiter.wait(["readable"], 60)).toBe(false);
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
    expect(await waiter.wait(["readable"], 0)).toBe(false);
  });

  test("is woken by hand, for good", async () => {
    const { zmq, pull } = await pipeline();
    const waiter = new ZmqWaiter(zmq.lib, [pull]);
    onTestFinished(() => waiter.close());
    setTimeout(() => waiter.wake(), 10);
    expect(await waiter.wait(["readable"])).toBe(false);
    expect(await waiter.wait(["readable"])).toBe(false);
  });

  test("still reports messages after it was woken", async () => {
    const { zmq, push, pull } = await pipeline();
    const waiter = new ZmqWaiter(zmq.lib, [pull]);
    onTestFinished(() => waiter.close());
    waiter.wake();
    push.send(bytes("x"));
    expect(await waiter.wait(["readable"])).toBe(true);
  });

  test("leaves no file descriptor behind", async () => {
    const { zmq, push, pull } = await pipeline();
    const open = () => [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
    const before = open();
    for (let round = 0; round < 50; round++) {
      const waiter = new ZmqWaiter(zmq.lib, [pull]);
      setTimeout(() => push.send(bytes("x")), 1);
      await waiter.wait(["readable"]);
      pull.receive();
      await waiter.wait(["readable"], 7);
      waiter.close();
    }
    expect(open()).toBeLessThan(before + 10);
  });
});
