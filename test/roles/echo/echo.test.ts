import { describe, expect, test } from "bun:test";
import { echo } from "../../../src/roles/echo/index.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { replay } from "../../support/replay.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

describe("echo", () => {
  test.each(["reqresp_client", "reqresp_auto_client", "reqresp_edge_1024"])(
    "speaks as recorded in %s",
    async (name) => {
      const { port } = await startRole(echo);
      for (const events of golden(name).connections) await replay(port, events);
    },
  );

  test.each(["progjar1_client", "progjar1_edge"])(
    "transparent, it speaks as recorded in %s",
    async (name) => {
      const { port } = await startRole(echo, { reply: "{message}" });
      for (const events of golden(name).connections) await replay(port, events);
    },
  );

  test("one chunk gets one prefix, however large it is", async () => {
    const { port } = await startRole(echo);
    const client = await RawClient.connect(port);
    const text = "x".repeat(3000);
    client.write(text);
    expect(await client.text(3006)).toBe(`Echo: ${text}`);
  });

  test("bytes that are no UTF-8 come back as they are, and the connection lives on", async () => {
    const { port } = await startRole(echo);
    const client = await RawClient.connect(port);
    client.write(Uint8Array.of(0xff, 0xfe));
    expect(await client.bytes(8)).toEqual(Buffer.from([...Buffer.from("Echo: "), 0xff, 0xfe]));
    client.write("after");
    expect(await client.text(11)).toBe("Echo: after");
  });

  test("two services of the role run side by side, each with its own reply", async () => {
    const first = await startRole(echo, { reply: "A{message}" }, { service: "a" });
    const second = await startRole(echo, { reply: "{message}B" }, { service: "b" });
    const [one, two] = await Promise.all([RawClient.connect(first.port), RawClient.connect(second.port)]);
    one.write("1");
    two.write("2");
    expect(await one.text(2)).toBe("A1");
    expect(await two.text(2)).toBe("2B");
  });

  test("iterative, it serves the second client when the first has left", async () => {
    const { port, service } = await startRole(echo, { concurrency: "iterative" });
    const first = await RawClient.connect(port);
    first.write("1");
    await first.text(7);
    const second = await RawClient.connect(port);
    second.write("2");
    await until(() => service.stats().connections === 2);
    first.write("again");
    await first.text(11);
    expect(second.received.length).toBe(0);
    first.end();
    expect(await second.text(7)).toBe("Echo: 2");
  });

  test("shows what it received and answered as printable text", async () => {
    const { port, events } = await startRole(echo, {}, { observe: true });
    const client = await RawClient.connect(port);
    client.write("halo\x1b[31m\n");
    await client.bytes(16);
    const texts = () => events.flatMap((event) => (event.kind === "message" ? [event.text] : []));
    await until(() => texts().length === 2);
    expect(texts()).toEqual([
      "Received from client: halo\\x1b[31m\\n",
      "Sent to client: Echo: halo\\x1b[31m\\n",
    ]);
  });

  test("a reply without {message} is refused with its reason", () => {
    const result = echo.config.safeParse({ reply: "hello" });
    expect(result.error?.issues[0]?.message).toBe('must hold {message} exactly once, and is "hello"');
  });
});
