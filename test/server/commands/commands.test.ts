import { expect, onTestFinished, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, run } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";

const entry = fileURLToPath(new URL("../../../src/distsrv.ts", import.meta.url));

const distsrv = (...words: readonly string[]) =>
  run([process.execPath, entry, ...words], { env: { npm_config_user_agent: "npm/11.0.0 node/v20.0.0" } });

function folder(): string {
  const path = scratchFolder("commands");
  return path;
}

test("a command that is not understood is status 2, whichever it is", async () => {
  const refused = async (...words: string[]) => {
    const { status, stderr } = await distsrv(...words);
    expect({ words, status }).toEqual({ words, status: 2 });
    expect(stderr).toStartWith("error: ");
  };
  await Promise.all([
    refused("check"),
    refused("check", "a", "b"),
    refused("schema", "x"),
    refused("init", "a", "b"),
    refused("--nope"),
    refused("nope"),
  ]);
  expect((await distsrv("check", "--help")).status).toBe(0);
});

test("all busy ports are reported, each with its holder and the whole option that changes it", async () => {
  const tcp = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const udp = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    tcp.stop(true);
    udp.close();
  });
  const file = join(folder(), "lab.yaml");
  const listeners = `listeners: [{ port: ${tcp.port}, host: 127.0.0.1 }]`;
  writeFileSync(
    file,
    `services:\n  echo: { port: 0 }\n  mqtt: { port: 0, ${listeners} }\n  udp: { port: ${udp.port} }\nadmin: false\n`,
  );
  const { status, stdout, stderr } = await distsrv("--config", file);
  expect(status).toBe(1);
  expect(stdout).not.toContain("Listening");
  const held =
    process.platform === "linux"
      ? ` by \\S+ \\(pid ${process.pid}\\)\\. Stop it`
      : "\\. Stop the other program";
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringMatching(
      new RegExp(
        `^Cannot start "mqtt" on TCP 127.0.0.1:${tcp.port}: the port is in use${held}, or take another port: --set services.mqtt.listeners.0.port=\\d+$`,
      ),
    ),
    expect.stringMatching(
      new RegExp(
        `^Cannot start "udp" on UDP 127.0.0.1:${udp.port}: the port is in use${held}, or take another port: --set services.udp.port=\\d+$`,
      ),
    ),
  ]);
  // The option can be given as it stands there.
  const option = stderr.match(/--set (services\.udp\.port=\d+)/)?.[1] ?? "";
  const again = await distsrv("--config", file, "--set", option);
  expect(again.stderr.trim().split("\n")).toEqual([
    expect.stringContaining("services.mqtt.listeners.0.port="),
  ]);
});

test("a port that is busy for a service in threads is reported with the others", async () => {
  const first = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const second = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  onTestFinished(() => {
    first.stop(true);
    second.stop(true);
  });
  const file = join(folder(), "lab.yaml");
  writeFileSync(
    file,
    `services:\n  time: { port: ${first.port}, threads: 2 }\n  echo: { port: ${second.port} }\nadmin: false\n`,
  );
  const { stderr } = await distsrv("--config", file);
  expect(stderr).toContain("--set services.time.port=");
  expect(stderr).toContain("--set services.echo.port=");
});

test("init writes the profile and the schema that its first line names, and never over a file", async () => {
  const path = folder();
  const { status, stdout } = await distsrv("init", join(path, "lab.yaml"));
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: `Wrote ${join(path, "lab.yaml")}, and beside it distsrv.schema.json for editors. Run it with: npx distsrv --config ${join(path, "lab.yaml")}\n`,
  });
  const named = /\$schema=(\S+)/.exec(readFileSync(join(path, "lab.yaml"), "utf8"))?.[1] ?? "";
  const printed = await distsrv("schema");
  expect(readFileSync(join(path, named), "utf8")).toBe(printed.stdout);

  writeFileSync(join(path, named), "{}");
  const second = await distsrv("init", join(path, "second.yaml"));
  expect(second.status).toBe(0);
  expect(second.stderr).toContain(
    "distsrv.schema.json is there already, and is left as it is. To renew it: npx distsrv schema >",
  );
  expect(readFileSync(join(path, named), "utf8")).toBe("{}");

  const again = await distsrv("init", join(path, "second.yaml"));
  expect(again.status).toBe(1);
  expect(again.stderr).toContain("it is there already, and is left as it is; name another file");
  const nowhere = await distsrv("init", join(path, "no", "lab.yaml"));
  expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining("Cannot write") });
});

test("as text, the dashboard's address stands first and last, and every command is one that works", async () => {
  const file = join(folder(), "lab.yaml");
  writeFileSync(file, "services: { echo: { port: 0 }, zmq-pub: { port: 0 } }\nadmin: { port: 0 }\n");
  const program = new Program([process.execPath, entry, "--config", file, "--log-format", "text"], {
    input: "",
    env: { npm_config_user_agent: "npm/11.0.0 node/v20.0.0" },
  });
  onTestFinished(() => program.kill());
  await program.prints("Ctrl-C stops.");
  // That of the terminal, and the one that npm passes on, which come together: it stands still until both are there. Two
  // of one name would be one then.
  for (const signal of ["SIGSTOP", "SIGINT", "SIGTERM", "SIGCONT"] as const) program.signal(signal);
  expect((await program.outcome()).status).toBe(0);
  const lines = program.stdout.split("\n").filter((line) => !/^\S+ WRN|maxConnections/.test(line));
  const url = /^Dashboard: (http:\/\/127\.0\.0\.1:\d+)$/.exec(lines[0] ?? "")?.[1];
  expect(url).toBeDefined();
  expect(lines.slice(1, 4).map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "SERVICE ROLE ADDRESS TRY",
    expect.stringMatching(/^echo echo 127\.0\.0\.1:\d+\/tcp npx distcli echo 127\.0\.0\.1 -p \d+ halo$/),
    expect.stringMatching(
      /^zmq-pub zmq-pub 127\.0\.0\.1:\d+\/tcp npx distcli zmq sub tcp:\/\/127\.0\.0\.1:\d+$/,
    ),
  ]);
  expect(lines[5]).toBe(`Ctrl-C stops. Dashboard: ${url}`);
  // zmq-pub has published by then, and says so at debug only.
  expect(program.stdout).not.toContain("Published");
});
