import { expect, onTestFinished, test } from "bun:test";
import { lookup } from "node:dns/promises";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { analyseFile, storyOf } from "../../support/analyse.ts";
import { freePort } from "../../support/free-port.ts";
import { type Lab, startServer } from "../../support/lab.ts";
import { distsrv } from "../../support/own-programs.ts";
import { run } from "../../support/program.ts";
import { RawClient } from "../../support/raw-client.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ZmtpClient } from "../../support/zmtp.ts";

/** A lab in a folder of its own. */
class Scene {
  readonly folder = scratchFolder("captured");
  readonly file = join(this.folder, "lab.yaml");
  readonly capture = join(this.folder, "lab.pcapng");
  readonly admin = freePort();

  /** @param settings beside the services */
  write(settings: string, more = ""): this {
    writeFileSync(
      this.file,
      `${settings}\nadmin: { port: ${this.admin} }\nservices:\n  echo: { port: 0 }\n  udp: { port: 0 }\n  rest: { port: 0 }\n${more}\n`,
    );
    return this;
  }

  start = (...args: string[]): Promise<Lab> =>
    startServer(["--config", this.file, ...args], { cleanUp: onTestFinished });

  reload = () => run([...distsrv, "reload", this.file]);

  /** What a capture tells, a line for each step. */
  story = (file = this.capture): string[] =>
    analyseFile(readFileSync(file)).conversations.flatMap(({ conversation }) => storyOf(conversation));
}

test("ZeroMQ's services are in it as well, from the greeting on", async () => {
  const scene = new Scene().write("capture: ./lab.pcapng", "  zmq-rep: { port: 0 }");
  const lab = await scene.start();
  const client = await ZmtpClient.connect(lab.port("zmq-rep"), "REQ");
  client.send("", "Hello");
  expect(Buffer.concat(await client.receive()).toString()).toBe("World");
  client.raw.end();
  await client.raw.closed;
  await lab.stop();
  expect(lab.complaints()).toEqual([]);
  const { conversations } = analyseFile(readFileSync(scene.capture));
  expect(conversations.length).toBe(1);
  const story = storyOf(conversations[0]!.conversation);
  expect(story.slice(0, 3)).toEqual(["client syn", "server syn-ack", "client established"]);
  expect(story.filter((line) => /Hello|World/.test(line))).toEqual([
    "client message  Hello",
    "server message  World",
  ]);
});

async function echo(lab: Lab, text: string, host = "127.0.0.1"): Promise<void> {
  const client = await RawClient.connect(lab.port("echo"), host);
  client.write(text);
  expect(await client.text(`Echo: ${text}`.length)).toBe(`Echo: ${text}`);
  client.end();
  await client.all();
}

test("the file has each connection from its first byte to its end, and each request", async () => {
  const scene = new Scene().write("capture: ./lab.pcapng");
  const lab = await scene.start();
  await echo(lab, "halo");
  const answer = await fetch(`http://127.0.0.1:${lab.port("rest")}/add?a=1&b=2`, {
    headers: { authorization: "Bearer 0123456789abcdef" },
  });
  expect(answer.status).toBe(200);
  await lab.stop();
  expect(lab.complaints()).toEqual([]);
  expect(scene.story().slice(0, 7)).toEqual([
    "client syn",
    "server syn-ack",
    "client established",
    'client "halo"',
    'server "Echo: halo"',
    "client fin",
    "server fin",
  ]);
  expect(readFileSync(scene.capture, "latin1")).toContain("GET /add?a=1&b=2 HTTP/1.1\r\n");
  expect(readFileSync(scene.capture, "latin1")).not.toContain("0123456789abcdef");
  expect(lab.log.some(({ message }) => /has ended after \d+ packets$/.test(message))).toBe(true);
});

test("--capture is a file where distsrv was started, and goes before that of the settings", async () => {
  const scene = new Scene().write("capture: { file: other.pcapng, services: [echo] }");
  const lab = await scene.start("--capture", scene.capture);
  await echo(lab, "satu");
  await fetch(`http://127.0.0.1:${lab.port("rest")}/add?a=1&b=2`);
  await lab.stop();
  expect(scene.story()).toContain('client "satu"');
  expect(readFileSync(scene.capture, "latin1")).not.toContain("GET /add");
  expect(existsSync(join(scene.folder, "other.pcapng"))).toBe(false);
});

test("a capture of before is kept under another name once there is another one, and not before", async () => {
  const scene = new Scene().write("capture: { file: lab.pcapng, files: 2 }");
  const [first, second] = [await scene.start(), scene.capture];
  await echo(first, "satu");
  await first.stop();
  const blocker = Bun.listen({ hostname: "127.0.0.1", port: scene.admin, socket: { data() {} } });
  onTestFinished(() => blocker.stop(true));
  for (let attempt = 0; attempt < 3; attempt++)
    expect((await run([...distsrv, "--config", scene.file])).status).toBe(1);
  blocker.stop(true);
  const quiet = await scene.start();
  await quiet.stop();
  expect(readdirSync(scene.folder).toSorted()).toEqual(["lab.pcapng", "lab.yaml"]);
  const lab = await scene.start();
  await echo(lab, "dua");
  await lab.stop();
  expect(scene.story(join(scene.folder, "lab.1.pcapng"))).toContain('client "satu"');
  expect(scene.story(second)).toContain('client "dua"');
});

test("a service that listens on a name has the address that it was reached at", async () => {
  const scene = new Scene().write("host: localhost\ncapture: lab.pcapng");
  const lab = await scene.start();
  const { address } = await lookup("localhost");
  await echo(lab, "halo", address);
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  const receiver = await Bun.udpSocket({ hostname: address, socket: { data: () => resolve() } });
  onTestFinished(() => receiver.close());
  receiver.send("halo", lab.port("udp"), address);
  await answered;
  await lab.stop();
  const { conversations } = analyseFile(readFileSync(scene.capture));
  const served = conversations.map(({ conversation }) => conversation.ends.server);
  expect(served).toEqual([
    expect.objectContaining({ address, port: lab.port("echo") }),
    expect.objectContaining({ address, port: lab.port("udp") }),
  ]);
  expect(lab.log.some(({ message }) => message.includes("left out"))).toBe(false);
});

test("a reload begins a capture, moves and ends it, says why it cannot, and tries that again", async () => {
  const scene = new Scene().write("");
  const lab = await scene.start();
  await echo(lab, "nol");
  scene.write("capture: lab.pcapng");
  expect((await scene.reload()).stdout).toContain("settings changed: capture");
  await echo(lab, "satu");
  const folder = join(scene.folder, "later");
  scene.write("capture: { file: later/lab.pcapng }");
  for (let attempt = 0; attempt < 2; attempt++) {
    const failed = await scene.reload();
    const reason = `capture: failed: Cannot write the capture to ${folder}/lab.pcapng: there is no folder ${folder}: make it, or name a file in another one`;
    expect([failed.status, failed.stdout]).toEqual([1, expect.stringContaining(reason)]);
  }
  await echo(lab, "dua");
  mkdirSync(folder);
  expect((await scene.reload()).status).toBe(0);
  await echo(lab, "tiga");
  scene.write("");
  await scene.reload();
  await echo(lab, "empat");
  await lab.stop();
  const said = (file: string) => scene.story(file).filter((line) => line.startsWith('client "'));
  expect(said(scene.capture)).toEqual(['client "satu"', 'client "dua"']);
  expect(said(join(folder, "lab.pcapng"))).toEqual(['client "tiga"']);
});

test("SIGUSR1 goes on in a new file, also when somebody has moved the old one", async () => {
  const scene = new Scene().write("capture: lab.pcapng");
  const lab = await scene.start();
  await echo(lab, "satu");
  const moved = join(scene.folder, "monday.pcapng");
  renameSync(scene.capture, moved);
  lab.program.signal("SIGUSR1");
  await lab.untilLogged("distsrv", "Goes on in a new capture file");
  await echo(lab, "dua");
  await lab.stop();
  expect(scene.story(moved)).toContain('client "satu"');
  expect(scene.story()).toContain('client "dua"');
  expect(scene.story()).not.toContain('client "satu"');
});

test("check tells of a file that cannot be made as a start does, and leaves nothing", async () => {
  const scene = new Scene().write("capture: later/lab.pcapng");
  const folder = join(scene.folder, "later");
  const env = { DISTSRV_STATE_DIR: "/var/lib/distsrv" };
  const checked = await run([...distsrv, "check", scene.file], { env });
  const why = `there is no folder ${folder}: make it, or name a file in another one; here distsrv may write to /var/lib/distsrv`;
  expect(checked).toEqual({
    status: 1,
    stdout: "",
    stderr: `Cannot write the capture to ${folder}/lab.pcapng: ${why}\n`,
  });
  expect(await run([...distsrv, "--config", scene.file], { env })).toEqual(checked);
  mkdirSync(folder);
  expect((await run([...distsrv, "check", scene.file])).status).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("a second server does not write to the first one's files, and says who has them", async () => {
  const scene = new Scene().write("capture: lab.pcapng");
  const first = await scene.start();
  const second = new Scene().write("");
  const refused = await run([...distsrv, "--config", second.file, "--capture", scene.capture]);
  const held = new RegExp(
    `^Cannot write the capture to ${scene.capture}: distsrv \\S+ \\(pid ${first.program.pid}\\) writes to it already: stop that one, or choose another name\\n$`,
  );
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(held)]);
  // Its own settings may change: the same files are still its own.
  scene.write("capture: { file: lab.pcapng, services: [echo] }");
  expect((await scene.reload()).status).toBe(0);
  await echo(first, "satu");
  const other = await second.start();
  second.write(`capture: ${scene.capture}`);
  expect((await second.reload()).stdout).toContain("writes to it already");
  await first.stop();
  expect(readdirSync(scene.folder).toSorted()).toEqual(["lab.pcapng", "lab.yaml"]);
  expect((await second.reload()).status).toBe(0);
  await echo(other, "dua");
  await other.stop();
  expect(scene.story(join(scene.folder, "lab.1.pcapng"))).toContain('client "satu"');
  expect(scene.story()).toContain('client "dua"');
});

test("files of a server that was killed are free", async () => {
  const scene = new Scene().write("capture: lab.pcapng");
  const killed = await scene.start();
  killed.program.signal("SIGKILL");
  await killed.program.exited;
  expect(readdirSync(scene.folder)).toContain("lab.pcapng.lock");
  const lab = await scene.start();
  await echo(lab, "satu");
  await lab.stop();
  expect(readdirSync(scene.folder).toSorted()).toEqual(["lab.pcapng", "lab.yaml"]);
});

test("the script for Wireshark is beside the capture, and another one after a reload that changes services", async () => {
  const scene = new Scene().write("capture: { file: lab.pcapng, lua: true }");
  const script = join(scene.folder, "lab.lua");
  const lab = await scene.start();
  const row = (name: string, role: string, port: number) =>
    `name = "${name}", role = "${role}", port = ${port}, `;
  const text = readFileSync(script, "utf8");
  expect(text).toStartWith("-- Written by distcli (");
  for (const name of ["echo", "rest", "udp"]) expect(text).toContain(row(name, name, lab.port(name)));
  const { mtimeMs } = statSync(script);
  expect((await scene.reload()).status).toBe(0);
  expect(statSync(script).mtimeMs).toBe(mtimeMs);
  const port = freePort();
  scene.write("capture: { file: lab.pcapng, lua: true }", `  kelas: { role: echo, port: ${port} }`);
  expect((await scene.reload()).status).toBe(0);
  expect(readFileSync(script, "utf8")).toContain(row("kelas", "echo", port));
  expect(lab.log.some(({ message }) => message.includes(`wireshark -X lua_script:${script}`))).toBe(true);
  await lab.stop();
});

test("--capture-lua needs a capture, and no script of somebody else is replaced", async () => {
  const scene = new Scene().write("");
  const without = await run([...distsrv, "--config", scene.file, "--capture-lua"]);
  expect([without.status, without.stderr]).toEqual([
    2,
    expect.stringContaining("name its file by --capture FILE"),
  ]);
  const script = join(scene.folder, "lab.lua");
  writeFileSync(script, "-- mine");
  const args = ["--capture", scene.capture, "--capture-lua"];
  const refused = await run([...distsrv, "--config", scene.file, ...args]);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining(`Cannot write the capture's script for Wireshark: ${script} exists already`),
  ]);
  expect(readdirSync(scene.folder).toSorted()).toEqual(["lab.lua", "lab.yaml"]);
  rmSync(script);
  const lab = await scene.start(...args);
  expect(readFileSync(script, "utf8")).toContain(`port = ${lab.port("echo")}, `);
  await lab.stop();
});

test("what cannot be captured is a mistake that is told before anything starts", async () => {
  const mistakes = {
    "services: [ecko]": 'capture.services.0: there is no service "ecko". Did you mean "echo"?',
    "maxFileSize: 1KB": "capture.maxFileSize: must be 100KB or more",
    "maxFileTime: 1ms": "capture.maxFileTime: must be 1s to 24d",
    "files: 0": "capture.files",
    "filse: 3": 'Did you mean "file',
  };
  const checks = Object.entries(mistakes).map(async ([setting, message]) => {
    const { file } = new Scene().write(`capture: { file: lab.pcapng, ${setting} }`);
    const mistaken = await run([...distsrv, "check", file]);
    expect([mistaken.status, mistaken.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
  await Promise.all(checks);
});

test("a device is no file for a capture", async () => {
  const scene = new Scene().write("");
  const refused = await run([...distsrv, "--config", scene.file, "--capture", "/dev/null"]);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    "Cannot write the capture to /dev/null: something that is no regular file has this name\n",
  ]);
});
