import { describe, expect, test } from "bun:test";
import { echo } from "../../src/roles/echo/index.ts";
import { time } from "../../src/roles/time/index.ts";
import { upcall } from "../../src/roles/upcall/index.ts";
import { type GoldenEvent, golden } from "../support/golden.ts";
import { RawClient } from "../support/raw-client.ts";
import { type StartedRole, startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";

/** The whole of what was said in one direction, without the packet boundaries, which bind nobody. */
function said(events: readonly GoldenEvent[], from: "client" | "server"): string {
  return events
    .map((event) => (event.from === from && event.kind === "bytes" ? event.bytes.toString("latin1") : ""))
    .join("");
}

type Started = Pick<StartedRole<unknown>, "port" | "service">;

/** Says what the recorded client said, each piece once the one before has been read. @returns all that came back */
async function answers({ port, service }: Started, events: readonly GoldenEvent[]): Promise<string> {
  const client = await RawClient.connect(port);
  let sent = 0;
  let hasEnded = false;
  void client.ended.then(() => {
    hasEnded = true;
  });
  for (const event of events) {
    if (event.from !== "client" || event.kind !== "bytes") continue;
    client.write(event.bytes);
    sent += event.bytes.length;
    // After a QUIT nothing is read any more.
    await until(() => hasEnded || service.stats().bytes_received_total === sent);
  }
  client.end();
  return (await client.all()).toString("latin1");
}

const clock = (text: string) => text.replace(/\d\d:\d\d:\d\d/g, "HH:MM:SS");

describe("the unusual inputs of the recordings", () => {
  // Where ours differs, on purpose: line ends are answered with line ends, requests are put together from their
  // segments, one chunk is one request however long it is, and bad UTF-8 kills nobody.
  const corrected: Readonly<Record<string, string>> = {
    "TIME\r\n": "JAM HH:MM:SS\r\n",
    "TIME\n": "JAM HH:MM:SS\n",
    "QUIT\r\nTIME": "",
    [`${"A".repeat(33)}`]: "Invalid request",
    [`${"A".repeat(70)}`]: "Invalid request",
    [`${"A".repeat(32)}TIME`]: "Invalid request",
    "\xff\xfeTIME": "Invalid requestJAM HH:MM:SS",
    TIME: "JAM HH:MM:SS",
  };

  for (const [index, events] of golden("time_edge").connections.entries()) {
    const request = said(events, "client");
    test(`time_edge ${index}: ${JSON.stringify(request.slice(0, 40))}`, async () => {
      // Patient, so that the second piece comes in time on a busy machine, too.
      const started = await startRole(time, { patience: "20s" });
      const pieces = events.filter((event) => event.from === "client" && event.kind === "bytes").length;
      const isSplit = request === "TIME" && pieces === 2;
      const expected = corrected[request] ?? clock(said(events, "server"));
      const got = clock(await answers(started, events));
      // After a QUIT the original answered with a reset; nothing more is answered here either.
      expect(got).toBe(isSplit ? "JAM HH:MM:SS" : expected);
    });
  }

  test("upcall_edge_2100 and reqresp_edge_3000: one prefix for each chunk received", async () => {
    const [upcalls] = golden("upcall_edge_2100").connections;
    expect(await answers(await startRole(upcall), upcalls!)).toBe(
      `Upcall event: Processing ${said(upcalls!, "client")}`,
    );
    const [echoes] = golden("reqresp_edge_3000").connections;
    const echoed = await answers(await startRole(echo), echoes!);
    expect(echoed).toBe(`Echo: ${"x".repeat(3000)}Echo: second`);
  });

  test("reqresp_edge_badutf8: the bytes come back, and the connection lives on", async () => {
    const [events] = golden("reqresp_edge_badutf8").connections;
    expect(await answers(await startRole(echo), events!)).toBe("Echo: \xff\xfeEcho: after");
  });
});
