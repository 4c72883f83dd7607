import { describe, expect, onTestFinished, test } from "bun:test";
import { watch } from "../../../src/cli/commands/watch.ts";
import { until } from "../../support/until.ts";
import { startCli } from "../support/run-cli.ts";

type Write = (text: string) => void;

const ready = "event: ready\ndata: {}\n\n";

const traffic = (id: string, text: string, more: object = {}) => {
  const event = { time: 0, kind: "message", service: "echo", remote: "10.0.0.7:1", direction: "in", text };
  return `id: ${id}\nevent: traffic\ndata: ${JSON.stringify({ ...event, ...more })}\n\n`;
};

/** An admin service that streams what the test writes; `close` ends the open stream. */
function fakeAdmin(answer: (write: Write, request: Request, times: number) => unknown) {
  const requests: Request[] = [];
  let close = () => {};
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      requests.push(request);
      const body = new ReadableStream({
        start(controller) {
          const encoder = new TextEncoder();
          answer((text) => controller.enqueue(encoder.encode(text)), request, requests.length);
          close = () => controller.close();
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  onTestFinished(() => server.stop(true));
  return { port: server.port ?? 0, requests, close: () => close() };
}

function startWatch(port: number, ...args: readonly string[]) {
  const cli = startCli(watch, ["watch", "-p", String(port), ...args]);
  onTestFinished(async () => {
    cli.interrupt();
    await cli.exit;
  });
  return cli;
}

describe("the silence of a watched server", () => {
  test("may be longer than --timeout once it is ready: its signs of life are further apart", async () => {
    let write: Write = () => {};
    const { port } = fakeAdmin((out) => {
      write = out;
      out(ready);
    });
    const cli = startWatch(port, "--timeout", "1s");
    await until(() => cli.stderr.includes(`Watching 127.0.0.1:${port}`));
    await Promise.race([Bun.sleep(1300), cli.exit]); // asserts that the silence does not end the command
    write(traffic("a-1", "still there"));
    await until(() => cli.stdout.includes("still there"));
  });

  test("before it is ready ends the watch after --timeout", async () => {
    const { port } = fakeAdmin((write) => write(": nothing yet\n\n"));
    const cli = startWatch(port, "--timeout", "1s");
    expect(await cli.exit).toBe(124);
    expect(cli.stderr).toContain(`No sign of life from 127.0.0.1:${port} within 1 s`);
  });
});

describe("a connection that is lost", () => {
  test("is made again, and continues after the last event received", async () => {
    const admin = fakeAdmin((write, _, times) =>
      write(`${ready}${traffic(`a-${times}`, `event ${times}.`)}`),
    );
    const cli = startWatch(admin.port, "--history", "3");
    await until(() => cli.stdout.includes("event 1."));
    admin.close();
    await until(() => cli.stdout.includes("event 2."));
    expect(cli.stderr).toBe(
      `Watching 127.0.0.1:${admin.port}\n` +
        `Lost 127.0.0.1:${admin.port} (it has ended the stream); trying again\n` +
        `Watching 127.0.0.1:${admin.port} again\n`,
    );
    const [first, second] = admin.requests;
    expect(first!.headers.get("last-event-id")).toBeNull();
    expect(new URL(first!.url).searchParams.get("history")).toBe("3");
    expect(second!.headers.get("last-event-id")).toBe("a-1");
  });

  test("is not waited for longer than --timeout", async () => {
    const admin = fakeAdmin((write, _, times) => times === 1 && write(ready));
    const cli = startWatch(admin.port, "--timeout", "1s");
    await until(() => cli.stderr.includes("Watching"));
    admin.close();
    expect(await cli.exit).toBe(124);
  });
});

describe("what is shown", () => {
  test("a publication is for everyone, and a peer without a name is shown as such", async () => {
    const { port } = fakeAdmin((write) => {
      write(ready);
      write(traffic("a-1", "Published WAKTU", { remote: "", direction: "out" }));
      write(traffic("a-2", "Sent work: 7", { remote: "", direction: "out" }));
    });
    const cli = startWatch(port);
    await until(() => cli.stdout.includes("Sent work"));
    expect(cli.stdout).toMatch(/ \(everyone\) +<- echo +Published WAKTU\n/);
    expect(cli.stdout).toMatch(/ \(some peer\) +<- echo +Sent work: 7\n/);
  });

  test("events that the server does not keep any more are counted", async () => {
    const left = JSON.stringify({ service: "", kind: "history", count: 12 });
    const { port } = fakeAdmin((write) => write(`event: left-out\ndata: ${left}\n\n${ready}`));
    const cli = startWatch(port);
    await until(() => cli.stderr.includes("Watching"));
    expect(cli.stderr).toContain("... 12 more events, which the server does not keep any more\n");
  });

  test.each([
    ["traffic", "{oops"],
    ["traffic", '{"kind":"nonsense"}'],
    ["left-out", "[]"],
  ])("an invalid event %s ends the watch, and is shown: %s", async (event, data) => {
    const { port } = fakeAdmin((write) => write(`${ready}event: ${event}\ndata: ${data}\n\n`));
    const cli = startWatch(port);
    expect(await cli.exit).toBe(1);
    expect(cli.stderr).toContain(`sent "${event}" as distsrv's admin service does not: ${data}`);
  });
});
