import { expect, onTestFinished, spyOn, test } from "bun:test";
import { echo } from "../../../src/cli/commands/echo.ts";
import { TcpClient } from "../../../src/net/tcp/client.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer, type Peer } from "../support/fake-server.ts";
import { goldenScene } from "../support/golden.ts";
import { runCli, startCli } from "../support/run-cli.ts";

test("echo sends its words as one message and prints the reply as the original client did", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { exit, stdout } = await runCli(echo, ["echo", "127.0.0.1", "halo", "dunia", "-p", `${port}`]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "CLIENT RECEIVED: Echo: halo dunia\n" });
});

test("the words of the automatic original bring its output and its bytes", async () => {
  const scene = goldenScene("reqresp_auto_client");
  const words = ["hello", "distributed", "systems", "bye"];
  const { port } = fakeServer(echoing("Echo: "));
  let printed = "";
  for (const word of words)
    printed += (await runCli(echo, ["echo", "127.0.0.1", word, "-p", `${port}`])).stdout;
  expect(printed).toBe(scene.printed);
});

test("interactive input looks as the original's did, but for a stray debug line, and sends the same bytes", async () => {
  const scene = goldenScene("reqresp_client");
  const { exit, screen } = await runCli(echo, ["echo", "127.0.0.1", "-p", `${scene.server.port}`], {
    answers: scene.typed,
  });
  expect(screen).toBe(scene.printed.replaceAll("<class 'bytes'>\n", ""));
  expect(scene.received()).toBe(scene.sent);
  expect(exit).toBe(0);
});

test("lines from a pipe are sent without prompts, and bye leaves", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { stdout, stderr } = await runCli(echo, ["echo", "-p", `${port}`], {
    stdin: "satu\r\n\ndua\nBye\ntiga\n",
  });
  expect(stdout).toBe("Received from server: Echo: satu\nReceived from server: Echo: dua\n");
  expect(stderr).toBe("");
});

/** A clock that stands still, except that the client's waiting for a silent peer takes as long as it should. */
function silenceClock() {
  const clock = { now: 0 };
  const { read } = TcpClient.prototype;
  const spies = [
    spyOn(performance, "now").mockImplementation(() => clock.now),
    spyOn(TcpClient.prototype, "read").mockImplementation(async function (this: TcpClient, timeout, stop) {
      const incoming = await read.call(this, timeout, stop);
      if (incoming.kind === "quiet") clock.now += timeout ?? 0;
      return incoming;
    }),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return clock;
}

test("a reply with a suffix is one reply, its length is known from the second one on, and the silence after it does not count as latency", async () => {
  const clock = silenceClock();
  const { port } = fakeServer({
    data: (peer, chunk) => {
      clock.now += 5;
      peer.write(`${chunk} ok`);
    },
  });
  const words = ["echo", "127.0.0.1", "hello", "-p", `${port}`, "--repeat", "5", "--json"];
  const { exit, stdout } = await runCli(echo, words);
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers.map(({ reply, ms }) => [reply, ms])).toEqual(Array(5).fill(["hello ok", 5]));
  // One silence ended a reply: the first.
  expect(clock.now).toBe(5 * 5 + 100);
  expect(exit).toBe(0);
});

test("a transparent echo is understood as well", async () => {
  const { port } = fakeServer(echoing(""));
  const { stdout } = await runCli(echo, ["echo", "127.0.0.1", "halo", "-p", `${port}`]);
  expect(stdout).toBe("CLIENT RECEIVED: halo\n");
});

test("--chunk shows the pieces that the original client received, and the whole reply", async () => {
  const scene = goldenScene("progjar1_client");
  const { port } = fakeServer(echoing(""));
  const words = ["echo", "127.0.0.1", scene.sent, "-p", `${port}`, "--chunk", "16"];
  const { exit, stdout } = await runCli(echo, words);
  const pieces = [...scene.printed.matchAll(/root:b'(.*)'/g)].map(([, piece = ""]) => piece);
  expect(pieces).toHaveLength(3);
  const printed = pieces.map((piece) => `Received ${piece.length} bytes: ${piece}\n`).join("");
  expect(stdout).toBe(`${printed}CLIENT RECEIVED: ${scene.sent}\n`);
  expect(exit).toBe(0);
});

test("--chunk cuts characters as recv does, keeps a piece on its line, and counts from each reply's first byte", async () => {
  const { port } = fakeServer(echoing(""));
  const args = ["echo", "127.0.0.1", "a\n28°C", "-p", `${port}`, "--chunk", "5"];
  const { stdout } = await runCli(echo, args);
  expect(stdout).toStartWith("Received 5 bytes: a\\n28\\xc2\nReceived 2 bytes: \\xb0C\n");
  const json = await runCli(echo, [...args, "--repeat", "2", "--json"]);
  const lines = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ offset, bytes, reply }) => offset ?? reply ?? bytes)).toEqual([
    0,
    5,
    "a\n28°C",
    0,
    5,
    "a\n28°C",
  ]);
});

test("--chunk with several clients says whose piece it is, and a file has none", async () => {
  const { port } = fakeServer(echoing(""));
  const { stdout } = await runCli(echo, [
    "echo",
    "127.0.0.1",
    "ab",
    "-p",
    `${port}`,
    "--chunk",
    "9",
    "--clients",
    "2",
  ]);
  expect(stdout.split("\n").toSorted()).toEqual([
    "",
    ...[1, 2].flatMap((n) => [`client ${n}: CLIENT RECEIVED: ab`, `client ${n}: Received 2 bytes: ab`]),
  ]);
  const file = await runCli(echo, ["echo", "--file", "x", "--chunk", "9"]);
  expect(file.stderr).toContain("Either --chunk 9 or --file x: a file is compared, not shown");
  expect(file.exit).toBe(2);
});

test("a reply in segments is put together, also between the bytes of a character", async () => {
  const reply = Buffer.from("Echo: Suhu: 28°C");
  const { port } = fakeServer({
    open: (peer) => void peer.setNoDelay(true),
    data: async (peer) => {
      for (const byte of reply) {
        peer.write(Uint8Array.of(byte));
        await new Promise(setImmediate); // each byte is a segment of its own
      }
    },
  });
  const { stdout } = await runCli(echo, ["echo", "127.0.0.1", "Suhu: 28°C", "-p", `${port}`]);
  expect(stdout).toBe("CLIENT RECEIVED: Echo: Suhu: 28°C\n");
});

test("a reply in an unknown form ends when the server falls silent", async () => {
  const { port } = fakeServer({ data: (peer, chunk) => void peer.write(`You said ${Buffer.from(chunk)}!`) });
  const { exit, stdout } = await runCli(echo, ["echo", "127.0.0.1", "halo", "-p", `${port}`]);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: "CLIENT RECEIVED: You said halo!\n" });
});

test("--quiet prints the bare reply", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { stdout } = await runCli(echo, ["echo", "127.0.0.1", "halo", "-p", `${port}`, "--quiet"]);
  expect(stdout).toBe("Echo: halo\n");
});

test("against an iterative server the second client is connected and waits for the first to leave", async () => {
  const waiting: { peer: Peer; message: Buffer }[] = [];
  let served: Peer | undefined;
  const answer = (peer: Peer, message: Uint8Array) =>
    void peer.write(Buffer.concat([Buffer.from("Echo: "), message]));
  const { port } = fakeServer({
    data: (peer, chunk) => {
      served ??= peer;
      if (peer === served) answer(peer, chunk);
      else waiting.push({ peer, message: Buffer.from(chunk) });
    },
    end: (peer) => {
      peer.end();
      const next = waiting.shift();
      served = next?.peer;
      if (next !== undefined) answer(next.peer, next.message);
    },
  });
  const args = ["echo", "127.0.0.1", "hi", "-p", `${port}`, "--clients", "2", "--repeat", "3", "--json"];
  const { exit, stdout } = await runCli(echo, args);
  const clients = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).client);
  const [first] = clients;
  expect(clients).toEqual([first, first, first, 3 - first, 3 - first, 3 - first]);
  expect(exit).toBe(0);
});

test("a server that closes while a prompt is open ends the input", async () => {
  let peer: Peer | undefined;
  const { port } = fakeServer({
    open: (socket) => {
      peer = socket;
    },
  });
  const cli = startCli(echo, ["echo", "-p", `${port}`], { answers: [], holdAnswers: true });
  await until(() => peer !== undefined && cli.stderr.includes("Enter message: "));
  peer?.end();
  expect(await cli.exit).toBe(0);
  expect(cli.stderr).toContain("The server has closed the connection.");
});

test("an empty message is a mistake of the command line", async () => {
  const { exit, stderr } = await runCli(echo, ["echo", "127.0.0.1", ""]);
  expect(stderr).toBe("distcli: The message is empty: there would be nothing to send\n");
  expect(exit).toBe(2);
});

test("--log appends what is printed", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const log = `${process.env.TMPDIR ?? "/tmp"}/distcli-echo-${crypto.randomUUID()}.log`;
  try {
    for (const word of ["satu", "dua"]) {
      await runCli(echo, ["echo", "127.0.0.1", word, "-p", `${port}`, "--log", log]);
    }
    expect(await Bun.file(log).text()).toBe("CLIENT RECEIVED: Echo: satu\nCLIENT RECEIVED: Echo: dua\n");
  } finally {
    await Bun.file(log).delete();
  }
});

test("a reply that does not contain the request is shown, and status 1", async () => {
  const { port } = fakeServer({ data: (peer) => void peer.write("Invalid request") });
  const complaint = `distcli: 127.0.0.1:${port} does not look like the echo server: the answer does not hold what was sent; is the port right?\n`;
  const args = ["echo", "127.0.0.1", "-p", `${port}`];
  const words = await runCli(echo, [...args, "halo"]);
  expect(words).toMatchObject({ exit: 1, stdout: "CLIENT RECEIVED: Invalid request\n", stderr: complaint });
  const dialogue = await runCli(echo, args, { stdin: "halo\ndunia\n" });
  expect(dialogue.stdout).toBe("Received from server: Invalid request\n".repeat(2));
  expect(dialogue).toMatchObject({ exit: 1, stderr: complaint });
});

test("a server that sends without end is given up", async () => {
  const block = Buffer.alloc(1024 * 1024, "a");
  const talk = (peer: Peer) => {
    while (peer.write(block) === block.length);
  };
  const { port } = fakeServer({ data: talk, drain: talk });
  const { exit, stderr } = await runCli(echo, ["echo", "127.0.0.1", "halo", "-p", `${port}`]);
  expect(stderr).toBe(`distcli: 127.0.0.1:${port} sends more than 16777216 bytes as one message\n`);
  expect(exit).toBe(1);
});

test("a log file that cannot be written is named in the error", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const args = ["echo", "127.0.0.1", "halo", "-p", `${port}`, "--log", "/dev/full"];
  const { exit, stderr } = await runCli(echo, args);
  expect(stderr).toStartWith("distcli: Cannot append to --log /dev/full: ENOSPC");
  expect(exit).toBe(1);
});

test("bytes that are not UTF-8 go out as they came from the pipe, and come in the same", async () => {
  let received = Buffer.alloc(0);
  const { port } = fakeServer({
    data: (peer, chunk) => {
      received = Buffer.concat([received, chunk]);
      peer.write(chunk);
    },
  });
  const stdin = Buffer.from("hal\xe9\n\xff\xfe", "latin1");
  const { exit, stdoutBytes } = await runCli(echo, ["echo", "-p", `${port}`, "--log", "/dev/null"], {
    stdin,
  });
  expect(received.toString("latin1")).toBe("hal\xe9\xff\xfe");
  expect(stdoutBytes.toString("latin1")).toBe(
    "Received from server: hal\xe9\nReceived from server: \xff\xfe\n",
  );
  expect(exit).toBe(0);
  const onTerminal = await runCli(echo, ["echo", "-p", `${port}`], { stdin, terminal: true });
  expect(onTerminal.stdout).toBe("Received from server: hal\\xe9\nReceived from server: \\xff\\xfe\n");
  const json = await runCli(echo, ["echo", "-p", `${port}`, "--json"], { stdin });
  expect(JSON.parse(json.stdout.split("\n")[0] ?? "")).toMatchObject({
    reply: "hal\ufffd",
    replyBase64: "aGFs6Q==",
  });
});

test.each(["Echo: ", "Hai: "])(
  "a message larger than one chunk is one message, with %j before each chunk of it",
  async (prefix) => {
    const cut = 40_000; // the server reads so many bytes at once
    const message = Array.from({ length: 13_000 }, (_, i) => `${i}`.padEnd(10)).join("");
    const { port } = fakeServer({
      data: (peer, _chunk, received) => {
        if (received.length < message.length) return;
        const pieces = received.match(new RegExp(`.{1,${cut}}`, "gs")) ?? [];
        peer.write(pieces.map((piece) => prefix + piece).join(""));
      },
    });
    const { exit, stdout, stderr } = await runCli(echo, [
      "echo",
      "127.0.0.1",
      message,
      "-p",
      `${port}`,
      "--quiet",
    ]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout.replaceAll(prefix, "")).toBe(`${message}\n`);
  },
);
