// The log, `watch` and the dashboard say the same of the same message: who, about what, and what.
import { expect, onTestFinished, test } from "bun:test";
import { doctor } from "../../src/cli/commands/doctor.ts";
import { watch } from "../../src/cli/commands/watch.ts";
import type { TrafficEvent } from "../../src/dashboard/page/api/types.ts";
import { messageLabel } from "../../src/dashboard/page/wire/labels.ts";
import { runCli, startCli } from "../cli/support/run-cli.ts";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";
import { ZmtpClient } from "../support/zmtp.ts";

const streams = ["echo", "oneway", "upcall", "time", "udp", "rest", "jsonrpc", "soap", "mqtt"];
const names = [...streams, "zmq-rep", "zmq-push", "zmq-pub"];

const lab = await startLab(`
admin: { port: 0 }
log: { messages: 100000, level: debug }
services:
${names.map((name) => `  ${name}: { port: 0 }`).join("\n")}
`);

function watching(...args: readonly string[]) {
  const port = String(lab.adminPort);
  const cli = startCli(watch, ["watch", "-p", port, "--history", "0", "--kind", "message", ...args]);
  onTestFinished(async () => {
    cli.interrupt();
    await cli.exit;
  });
  return cli;
}

test("of every role's messages the three say the same", async () => {
  const [shown, data] = [watching(), watching("--json")];
  const events = () =>
    data.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TrafficEvent);
  // The publishers go on by their own clock.
  await until(() => shown.stdout !== "" && data.stdout !== "");
  const begun = events().at(-1)!.seq;
  const { exit } = await runCli(doctor, ["doctor", "--admin-port", String(lab.adminPort)]);
  expect(exit).toBe(0);
  // A doctor takes no work.
  await ZmtpClient.connect(lab.port("zmq-push"), "PULL");
  await until(() => names.every((name) => events().some(({ service }) => service === name)));
  const compared = events().filter(({ seq }) => seq > begun);
  const who = ({ remote, fields }: Pick<TrafficEvent, "remote" | "fields">) =>
    fields?.client === undefined || fields.client === remote ? "" : String(fields.client);
  // What an arrow says is the text without the words that the arrow stands for.
  for (const event of compared) expect(event.text).toEndWith(messageLabel(event));
  /** Each watches on a connection of its own, and the same text may have been shown before. */
  const notShown = () => {
    const lines = shown.stdout.split("\n");
    return compared.filter((event) => {
      const { service, remote, direction, text } = event;
      const arrow = direction === "in" ? "->" : "<-";
      return !lines.some(
        (line) =>
          line.includes(`${remote} `) &&
          line.includes(`${who(event)} ${arrow} ${service} `) &&
          line.endsWith(` ${text}`),
      );
    });
  };
  await until(() => notShown().length === 0).catch(() => {});
  expect(notShown()).toEqual([]);
  const logged = () =>
    lab.log.map(({ service, message, peer = "", client = "" }) =>
      [service, peer, client, message].join(" | "),
    );
  const expected = compared.map((event) => [event.service, event.remote, who(event), event.text].join(" | "));
  await until(() => expected.every((line) => logged().includes(line)));
});
