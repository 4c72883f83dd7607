import { describe, expect, test } from "bun:test";
import { oneway } from "../../../src/roles/oneway/index.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

describe("oneway", () => {
  test("takes what comes, shows it and never answers", async () => {
    const { port, events, service } = await startRole(oneway, {}, { observe: true });
    const client = await RawClient.connect(port);
    client.write("satu arah");
    client.end();
    expect((await client.all()).length).toBe(0);
    await until(() => events.at(-1)?.kind === "close");
    const texts = events.flatMap((event) => (event.kind === "message" ? [event.text] : []));
    expect(texts).toEqual(["Received from client: satu arah"]);
    expect(service.stats()).toMatchObject({
      messages_total: 1,
      bytes_received_total: 9,
      bytes_sent_total: 0,
    });
  });

  test("iterative, it hears the second client when the first has left", async () => {
    const { port, service } = await startRole(oneway, { concurrency: "iterative" });
    const first = await RawClient.connect(port);
    await until(() => service.stats().connections === 1);
    const second = await RawClient.connect(port);
    second.write("2");
    await until(() => service.stats().connections === 2);
    expect(service.stats().bytes_received_total).toBe(0);
    first.end();
    await until(() => service.stats().bytes_received_total === 1);
  });
});
