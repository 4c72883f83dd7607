import { expect, onTestFinished, test } from "bun:test";
import { join } from "node:path";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program, typedInto } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
services:
  echo: { port: 0 }
  iterative: { role: echo, port: 0, concurrency: iterative }
  file-echo: { role: echo, port: 0, reply: "{message}" }
`);
const host = "127.0.0.1";
const testPython = testWith(needs.python);

testPython(
  "a request/response client in Python prints what it printed with the original server",
  async () => {
    const [original] = golden("reqresp_client").clients;
    const command = pythonClient("echo_client", host, lab.port("echo"));
    expect(await typedInto(command, original?.stdin ?? [])).toBe(original?.stdout ?? "");
  },
);

testPython("a client with fixed words prints what it printed with the original server", async () => {
  const [original] = golden("reqresp_auto_client").clients;
  const words = ["hello", "distributed", "systems", "bye"];
  expect(await output(pythonClient("echo_words", host, lab.port("echo"), ...words))).toBe(
    original?.stdout ?? "",
  );
});

testPython("a client that reads in blocks gets its text back through the transparent echo", async () => {
  const [original] = golden("progjar1_client").clients;
  const text = "INI ADALAH DATA YANG DIKIRIM ABCDEFGHIJKLMNOPQ";
  const printed = await output(pythonClient("echo_blocks", host, lab.port("file-echo"), text));
  // The network decides how the text is split into blocks; the original's first line has its own port.
  const blocks = (lines: string) => [...lines.matchAll(/b'(.*)'/g)].map(([, block]) => block).join("");
  expect(blocks(printed)).toBe(blocks(original?.stdout ?? ""));
  expect(blocks(printed)).toBe(text);
});

testPython(
  "a client that sends a file and shuts down its sending side gets the whole file back",
  async () => {
    const folder = scratchFolder("file");
    const sent = crypto.getRandomValues(new Uint8Array(65_536));
    const file = Buffer.concat(Array.from({ length: 160 }, () => sent));
    await Bun.write(join(folder, "sent"), file);
    const printed = await output(
      pythonClient(
        "file_client",
        host,
        lab.port("file-echo"),
        join(folder, "sent"),
        join(folder, "received"),
      ),
    );
    expect(printed).toBe(`${file.length} bytes came back\n`);
    expect(Buffer.from(await Bun.file(join(folder, "received")).bytes()).equals(file)).toBe(true);
  },
);

function atKeyboard(service: string): Program {
  const program = new Program(pythonClient("echo_client", host, lab.port(service)));
  onTestFinished(() => program.kill());
  return program;
}

/** Two clients, the second of which connects and sends while the first is still connected. */
async function secondClientWhileFirstStays(service: string) {
  const first = atKeyboard(service);
  first.say("satu");
  await first.prints("Received from server: Echo: satu");
  const second = atKeyboard(service);
  await second.prints("Enter message: ");
  second.say("dua");
  return { first, second };
}

testPython("the iterative echo serves the second client when the first one has left", async () => {
  const { first, second } = await secondClientWhileFirstStays("iterative");
  // The second client has sent long ago, while the first one is served several more times.
  for (const word of ["tiga", "empat", "lima"]) {
    first.say(word);
    await first.prints(`Received from server: Echo: ${word}`);
  }
  expect(second.stdout).not.toContain("Received");
  first.say("bye");
  expect((await first.outcome()).status).toBe(0);
  await second.prints("Received from server: Echo: dua");
});

testPython("the concurrent echo serves the second client while the first is connected", async () => {
  const { first, second } = await secondClientWhileFirstStays("echo");
  await second.prints("Received from server: Echo: dua");
  expect(first.isRunning).toBe(true);
});

testPython("the log shows the conversation as the course prints it", async () => {
  await output(pythonClient("echo_words", host, lab.port("echo"), "halo"));
  await until(() => lab.log.some(({ message }) => message === "Sent to client: Echo: halo"));
  expect(lab.log.some(({ message }) => message === "Received from client: halo")).toBe(true);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
