import { expect, test } from "bun:test";
import { oneway } from "../../../src/cli/commands/oneway.ts";
import { until } from "../../support/until.ts";
import { fakeServer } from "../support/fake-server.ts";
import { runCli } from "../support/run-cli.ts";

test("oneway sends its words and waits for nothing", async () => {
  let arrived = "";
  const { port } = fakeServer({
    data: (_peer, _chunk, received) => {
      arrived = received;
    },
  });
  const { exit, stdout } = await runCli(oneway, ["oneway", "127.0.0.1", "halo", "dunia", "-p", `${port}`]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: `Sent to 127.0.0.1:${port}: halo dunia\n` });
  await until(() => arrived === "halo dunia");
});

test("oneway sends each line of a pipe", async () => {
  let arrived = "";
  const { port } = fakeServer({
    data: (_peer, _chunk, received) => {
      arrived = received;
    },
  });
  const { stdout } = await runCli(oneway, ["oneway", "-p", `${port}`, "--json"], { stdin: "1\n2\n3" });
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([{ sent: "1" }, { sent: "2" }, { sent: "3" }]);
  await until(() => arrived === "123");
});
