import { describe, expect, onTestFinished, spyOn, test } from "bun:test";
import { time } from "../../../src/roles/time/index.ts";
import { ReplyCache } from "../../../src/roles/time/replies.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

const jam = /^JAM \d\d:\d\d:\d\d/;

async function ask(port: number, ...segments: string[]): Promise<string> {
  const client = await RawClient.connect(port);
  for (const segment of segments) {
    client.write(segment);
    // Each in a segment of its own: the next is sent when the network has had its turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  client.end();
  return (await client.all()).toString("latin1");
}

describe("time", () => {
  test("TIME is answered with 12 bytes and no line end", async () => {
    const { port } = await startRole(time);
    const client = await RawClient.connect(port);
    client.write("TIME");
    expect(await client.text(12)).toMatch(/^JAM \d\d:\d\d:\d\d$/);
    client.write("TIME");
    expect(await client.text(12)).toMatch(jam);
    expect(client.received.length).toBe(0);
  });

  test("the reply ends as the request ended", async () => {
    const { port } = await startRole(time);
    expect(await ask(port, "TIME\r\n")).toMatch(/^JAM \d\d:\d\d:\d\d\r\n$/);
    expect(await ask(port, "TIME\n")).toMatch(/^JAM \d\d:\d\d:\d\d\n$/);
    expect(await ask(port, "FOO\r\n")).toBe("Invalid request\r\n");
    expect(await ask(port, "TIME", "\r\n")).toMatch(/^JAM \d\d:\d\d:\d\d\r\n$/);
  });

  test("anything else is invalid, and the connection stays", async () => {
    const { port } = await startRole(time);
    for (const request of ["time", " TIME", "TIMETIME", "\xff\xfe", "A".repeat(70)]) {
      const client = await RawClient.connect(port);
      client.write(Buffer.from(request, "latin1"));
      expect(await client.text(15)).toBe("Invalid request");
      client.write("TIME");
      expect(await client.text(12)).toMatch(jam);
    }
  });

  test("QUIT closes the connection with a FIN, after what was asked before it", async () => {
    const { port, service } = await startRole(time);
    const client = await RawClient.connect(port);
    client.write("TIME\nQUIT\nTIME\n");
    expect((await client.all()).toString()).toMatch(/^JAM \d\d:\d\d:\d\d\n$/);
    expect(service.stats()).toMatchObject({ requests_total: 2 });
  });

  test("QUIT counts as a request and not as a reply", async () => {
    const { port, service } = await startRole(time);
    await ask(port, "TIME\nnonsense\nQUIT\n");
    expect(service.stats()).toMatchObject({
      requests_total: 3,
      requests_invalid_total: 1,
      replies_total: 2,
    });
  });

  test("a request split over segments is put together", async () => {
    const { port } = await startRole(time, { patience: "20s" });
    expect(await ask(port, "TI", "ME\r\n")).toMatch(/^JAM \d\d:\d\d:\d\d\r\n$/);
    expect(await ask(port, "T", "I", "M", "E")).toMatch(/^JAM \d\d:\d\d:\d\d$/);
  });

  test("the start of a request whose rest does not come is invalid, after a moment or when the client ends", async () => {
    const { port } = await startRole(time, { patience: "20ms" });
    const client = await RawClient.connect(port);
    client.write("TI");
    expect(await client.text(15)).toBe("Invalid request");
    expect(await ask(port, "QUI")).toBe("Invalid request");
  });

  test("the rest of a request may take its time while its client is not read", async () => {
    const prefix = "x".repeat(100_000);
    const { port, service } = await startRole(time, { patience: "1s", buffer: 1000, prefix });
    const client = await RawClient.connect(port);
    client.pause();
    const count = () => service.stats().requests_total ?? 0;
    // Each segment completes a request and starts another. At some point the client's buffers are full of replies.
    client.write("TI");
    let asked = 0;
    let since = performance.now();
    do {
      client.write("ME\nTI");
      asked++;
      since = performance.now();
      await until(() => count() === asked || performance.now() - since > 1500);
    } while (count() === asked);
    client.resume();
    const replies = (await client.bytes(asked * (prefix.length + 9))).toString();
    expect(replies.replaceAll(prefix, "").split("\n").slice(0, -1)).toEqual(
      Array.from({ length: asked }, () => expect.stringMatching(/^[\d:]{8}$/)),
    );
  });

  test("several requests in one segment are answered in order", async () => {
    const { port } = await startRole(time);
    expect(await ask(port, "TIME\r\nFOO\r\nTIME\r\n")).toMatch(
      /^JAM [\d:]{8}\r\nInvalid request\r\nJAM [\d:]{8}\r\n$/,
    );
  });

  test("a flood of requests that nobody reads waits in bounded memory, and is answered when it is read", async () => {
    const { port, service } = await startRole(time, { buffer: "64KiB" });
    const client = await RawClient.connect(port);
    client.pause();
    const lines = 300_000;
    const flood = client.writeAll(Buffer.alloc(lines, "\n"));
    await until(() => (service.stats().requests_total ?? 0) > 0);
    const other = await RawClient.connect(port);
    other.write("TIME");
    expect(await other.text(12)).toMatch(jam);
    expect(service.stats().requests_total).toBeLessThan(lines);
    client.resume();
    await flood;
    client.end();
    const reply = "Invalid request\n";
    expect((await client.all()).length).toBe(lines * reply.length);
    expect(service.stats().requests_total).toBe(lines + 1);
  });

  test("prefix, format and zone are the configuration's", async () => {
    const { port } = await startRole(time, { prefix: "", format: "%Z", zone: "Asia/Jakarta" });
    expect(await ask(port, "TIME")).toBe("WIB");
  });

  test("an unknown zone and an unknown conversion are refused with their names", () => {
    const messages = time.config
      .safeParse({ zone: "Mars/Base", format: "%Q" })
      .error?.issues.map(({ message }) => message);
    expect(messages?.some((message) => message.includes('the unknown zone "Mars/Base"'))).toBe(true);
    expect(messages?.some((message) => message.includes('the unknown conversion "%Q"'))).toBe(true);
  });
});

describe("the patience with an incomplete request", () => {
  const invalid = "Invalid request";

  /** A service whose clock stands still, so that no patience ends before the test advances it. */
  async function scene() {
    const clock = { now: () => 0 };
    const spy = spyOn(performance, "now").mockImplementation(() => clock.now());
    onTestFinished(() => spy.mockRestore());
    const { port, service } = await startRole(time, { patience: "20ms" });
    const stat = (name: string) => service.stats()[name] ?? 0;
    let sent = 0;
    /** Resolves when the service has received it. */
    const send = async (client: RawClient, text: string) => {
      client.write(text);
      sent += text.length;
      await until(() => stat("bytes_received_total") === sent);
    };
    return { clock, stat, send, connect: () => RawClient.connect(port) };
  }

  test("is the whole again for one that begins in the segment that completes another", async () => {
    const { clock, stat, send, connect } = await scene();
    const [first, other] = [await connect(), await connect()];
    await send(first, "TI");
    await send(other, "TI");
    clock.now = () => 15;
    await send(first, "ME\nTI");
    expect(await first.text(13)).toMatch(/^JAM [\d:]{8}\n$/);
    clock.now = () => 25;
    expect(await other.text(invalid.length)).toBe(invalid);
    expect(stat("requests_invalid_total")).toBe(1);
    clock.now = () => 40;
    expect(await first.text(invalid.length)).toBe(invalid);
  });

  test("does not begin anew with each byte", async () => {
    const { clock, stat, send, connect } = await scene();
    const [first, other] = [await connect(), await connect()];
    await send(first, "T");
    await send(other, "T");
    clock.now = () => 15;
    await send(first, "I");
    clock.now = () => 25;
    expect(await other.text(invalid.length)).toBe(invalid);
    expect(stat("requests_invalid_total")).toBe(2);
    expect(await first.text(invalid.length)).toBe(invalid);
  });

  test("does not end while the rest, which has come, waits behind the requests of others", async () => {
    const { clock, stat, send, connect } = await scene();
    const client = await connect();
    await send(client, "TI");
    // More clients than are served in one turn of the event loop, and for many turns.
    const others = await Promise.all(Array.from({ length: 40 }, connect));
    const lines = 20_000;
    for (const other of others) {
      other.take(() => {});
      other.write(Buffer.alloc(lines, "\n"));
    }
    const flood = others.length * lines;
    await until(() => stat("bytes_received_total") === 2 + flood);
    let answered = 0;
    clock.now = () => {
      if (stat("bytes_received_total") === 2 + flood) return 0;
      if (answered === 0) {
        answered = stat("requests_total");
        // The timer, which the event loop asks first in its next turn, goes off.
        Bun.sleepSync(25);
      }
      return 25;
    };
    client.write("ME\n");
    expect(await client.text(13)).toMatch(/^JAM [\d:]{8}\n$/);
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(flood);
  });
});

test("the time is cached for its second, and right when the clock is set forward or back", () => {
  const replies = new ReplyCache({ prefix: "", format: "%H:%M:%S", zone: "UTC" });
  const at = (milliseconds: number) => Buffer.from(replies.time("\n", milliseconds)).toString();
  expect(at(5000)).toBe("00:00:05\n");
  expect(replies.time("\n", 5999)).toBe(replies.time("\n", 5000));
  expect([at(6000), at(3_600_000), at(4999)]).toEqual(["00:00:06\n", "01:00:00\n", "00:00:04\n"]);
});
