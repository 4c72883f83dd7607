import { expect, onTestFinished, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyseFile, storyOf } from "../../support/analyse.ts";
import { freePort } from "../../support/free-port.ts";
import { type Lab, startServer } from "../../support/lab.ts";
import { run } from "../../support/program.ts";
import { RawClient } from "../../support/raw-client.ts";
import { scratchFolder } from "../../support/scratch.ts";

const distsrv = [process.execPath, join(import.meta.dir, "../../../src/distsrv.ts")];

/** A lab in a folder of its own. */
class Scene {
  readonly folder = scratchFolder("captured");
  readonly file = join(this.folder, "lab.yaml");
  readonly capture = join(this.folder, "lab.pcapng");
  readonly admin = freePort();

  /** @param settings beside the services */
  write(settings: string): this {
    writeFileSync(
      this.file,
      `${settings}\nadmin: { port: ${this.admin} }\nservices:\n  echo: { port: 0 }\n  udp: { port: 0 }\n  rest: { port: 0 }\n`,
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

async function echo(lab: Lab, text: string): Promise<void> {
  const client = await RawClient.connect(lab.port("echo"));
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
  expect(lab.log.at(-1)?.message).not.toContain("left out");
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

test("a capture of before is kept under another name, but not by a start that fails", async () => {
  const scene = new Scene().write("capture: lab.pcapng");
  writeFileSync(scene.capture, "before");
  const blocker = Bun.listen({ hostname: "127.0.0.1", port: scene.admin, socket: { data() {} } });
  onTestFinished(() => blocker.stop(true));
  for (let attempt = 0; attempt < 3; attempt++)
    expect((await run([...distsrv, "--config", scene.file])).status).toBe(1);
  blocker.stop(true);
  expect(readdirSync(scene.folder).toSorted()).toEqual(["lab.1.pcapng", "lab.yaml"]);
  const lab = await scene.start();
  await lab.stop();
  expect(readFileSync(join(scene.folder, "lab.1.pcapng"), "utf8")).toBe("before");
  expect(scene.story()).toEqual([]);
});

test("a reload begins a capture, moves and ends it, and says why it cannot", async () => {
  const scene = new Scene().write("");
  const lab = await scene.start();
  await echo(lab, "nol");
  scene.write("capture: lab.pcapng");
  expect((await scene.reload()).stdout).toContain("settings changed: capture");
  await echo(lab, "satu");
  scene.write("capture: { file: nowhere/lab.pcapng }");
  const failed = await scene.reload();
  expect([failed.status, failed.stdout]).toEqual([
    1,
    expect.stringContaining("not changed before distsrv is started anew: capture.file"),
  ]);
  await lab.untilLogged(
    "distsrv",
    `Cannot write the capture to ${join(scene.folder, "nowhere/lab.pcapng")}: ENOENT`,
  );
  await echo(lab, "dua");
  scene.write("");
  await scene.reload();
  await lab.untilLogged("distsrv", "has ended after");
  await echo(lab, "tiga");
  const said = scene.story().filter((line) => line.startsWith('client "'));
  expect(said).toEqual(['client "satu"', 'client "dua"']);
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

test("what cannot be captured is a mistake that is told before anything starts", async () => {
  const scene = new Scene();
  const mistakes = {
    "services: [ecko]": 'capture.services.0: there is no service "ecko". Did you mean "echo"?',
    "maxFileSize: 1KB": "capture.maxFileSize: must be 100KB or more",
    "maxFileTime: 1ms": "capture.maxFileTime: must be 1s to 24d",
    "files: 0": "capture.files",
    "filse: 3": 'Did you mean "file',
  };
  for (const [setting, message] of Object.entries(mistakes)) {
    scene.write(`capture: { file: lab.pcapng, ${setting} }`);
    const mistaken = await run([...distsrv, "check", scene.file]);
    expect([mistaken.status, mistaken.stderr]).toEqual([2, expect.stringContaining(message)]);
  }
  scene.write("");
  const refused = await run([...distsrv, "--config", scene.file, "--capture", "/dev/null"]);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    "Cannot write the capture to /dev/null: something that is no regular file has this name\n",
  ]);
});
