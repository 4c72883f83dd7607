import { describe, expect, test } from "bun:test";
import { CommitGate } from "../../../../src/roles/mqtt/wire/commit-gate.ts";
import { Flusher, maxGathered, OutboundBuffer } from "../../../../src/roles/mqtt/wire/outbound-buffer.ts";

function scene({ budget = 1024 * 1024 }: { readonly budget?: number } = {}) {
  const store = {
    isDurable: true,
    ...{ recorded: 0, recording: 1, durable: 0, isBehind: false },
    commits: 0,
    commit() {
      this.commits++;
    },
  };
  const turn: (() => void)[] = [];
  const soon = (call: () => void) => void turn.push(call);
  const errors: unknown[] = [];
  const gate = new CommitGate(store, soon, () => {});
  const flusher = new Flusher(soon, budget, gate, (error) => errors.push(error));
  const endTurn = () => {
    for (const call of turn.splice(0)) call();
  };
  const connect = (onDeferredWritten = () => {}) => {
    const writes: string[] = [];
    const link = {
      buffered: 0,
      write: (bytes: Uint8Array) => void writes.push(Buffer.from(bytes).toString()),
      ...{ pause() {}, resume() {}, end() {}, destroy() {} },
    };
    return { writes, link, buffer: new OutboundBuffer(link, flusher, onDeferredWritten) };
  };
  return { store, gate, flusher, endTurn, errors, connect };
}

const bytes = (text: string) => Buffer.from(text);

describe("an outbound buffer", () => {
  test("makes one write of a turn, after a commit", () => {
    const { store, endTurn, connect } = scene();
    const { buffer, writes } = connect();
    for (const text of ["a", "b", "c".repeat(5000), "d"]) buffer.append(bytes(text));
    expect([store.commits, writes]).toEqual([0, []]);
    endTurn();
    expect(store.commits).toBe(1);
    expect(writes).toEqual([`ab${"c".repeat(5000)}d`]);
    buffer.append(bytes("e"));
    endTurn();
    expect(writes.at(-1)).toBe("e");
  });

  test("writes early what is more than it gathers, in order", () => {
    const { endTurn, connect } = scene();
    const { buffer, writes } = connect();
    const large = "x".repeat(maxGathered + 1);
    buffer.append(bytes("before"));
    buffer.append(bytes(large));
    buffer.append(bytes("after"));
    expect(writes).toEqual(["before", large]);
    endTurn();
    expect(writes).toEqual(["before", large, "after"]);
  });

  test("writes nothing early while a transaction is open, and loses nothing and no order by that", () => {
    const { gate, endTurn, connect } = scene();
    const { buffer, writes } = connect();
    const large = bytes("x".repeat(maxGathered + 1));
    gate.transaction(() => {
      buffer.append(bytes("before"));
      buffer.append(large);
      large.fill("y");
      buffer.append(bytes("after"));
      expect(writes).toEqual([]);
    });
    endTurn();
    expect(writes.join("")).toBe(`before${"x".repeat(maxGathered + 1)}after`);
  });

  test("says when deferred writes have been made, and writes what is appended then and after that", () => {
    const { gate, endTurn, connect } = scene();
    const { buffer, writes } = connect(() => buffer.append(bytes("next")));
    const large = "x".repeat(maxGathered + 1);
    gate.transaction(() => {
      buffer.append(bytes("before"));
      buffer.append(bytes(large));
    });
    expect(writes).toEqual(["before", large]);
    const other = connect();
    other.buffer.append(bytes("another client's"));
    buffer.append(bytes(" one"));
    endTurn();
    expect([writes, other.writes]).toEqual([["before", large, "next one"], ["another client's"]]);
  });

  test("writes when all buffers together hold more than the budget, but its own current one", () => {
    const { connect } = scene({ budget: 5000 });
    const all = [connect(), connect(), connect()];
    for (const { buffer } of all) buffer.append(bytes("a"));
    expect(all.map(({ writes }) => writes)).toEqual([["a"], ["a"], []]);
  });

  test("counts what the network has not taken, together with all others", () => {
    const { flusher, endTurn, connect } = scene();
    const [one, other] = [connect(), connect()];
    for (const [{ buffer, link }, buffered] of [[one, 10] as const, [other, 5] as const]) {
      buffer.append(bytes("a"));
      link.buffered = buffered;
    }
    endTurn();
    expect([one.buffer.backlog, other.buffer.backlog, flusher.backlog]).toEqual([10, 5, 15]);
    one.link.buffered = 0;
    one.buffer.measure();
    other.buffer.discard();
    expect([one.buffer.backlog, other.buffer.backlog, flusher.backlog]).toEqual([0, 0, 0]);
  });

  test("whose write throws leaves the others theirs, and is written to again later", () => {
    const { endTurn, errors, connect } = scene();
    const [one, other] = [connect(), connect()];
    const { write } = one.link;
    one.link.write = () => {
      throw new Error("a broken pipe");
    };
    for (const { buffer } of [one, other]) buffer.append(bytes("a"));
    endTurn();
    expect([errors.length, other.writes]).toEqual([1, ["a"]]);
    one.link.write = write;
    one.buffer.append(bytes("b"));
    endTurn();
    expect(one.writes).toEqual(["b"]);
  });
});
