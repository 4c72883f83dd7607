import { describe, expect, test } from "bun:test";
import { zmq } from "../../../src/cli/commands/zmq.ts";
import { pickleInt } from "../../../src/protocol/pickle.ts";
import { unpickle } from "../../../src/protocol/unpickle.ts";
import { zmqPub, zmqPush, zmqRep } from "../../../src/roles/zmq/index.ts";
import { freePort } from "../../support/free-port.ts";
import { golden } from "../../support/golden.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { ZmtpClient } from "../../support/zmtp.ts";
import { echoing, fakeServer, type Peer } from "../support/fake-server.ts";
import { type RunCliOptions, type RunningCli, runCli, SlowReader, startCli } from "../support/run-cli.ts";

const endpoint = (port: number) => `tcp://127.0.0.1:${port}`;

/** Starts a command that listens on a free port. */
const listening = (kind: string, ...args: string[]) => listeningTo({}, kind, ...args);

async function listeningTo(
  options: RunCliOptions,
  kind: string,
  ...args: string[]
): Promise<RunningCli & { readonly port: number }> {
  const port = freePort();
  const cli = startCli(zmq, ["zmq", kind, endpoint(port), ...args], options);
  await until(() => isOpen(port));
  return Object.assign(cli, { port }); // not spread: its texts grow
}

const isOpen = (port: number): Promise<boolean> =>
  Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).then(
    (socket) => {
      socket.end();
      return true;
    },
    () => false,
  );

describe("zmq req", () => {
  test("prints what the original client printed", async () => {
    const { port } = await startRole(zmqRep);
    const cli = await runCli(zmq, ["zmq", "req", endpoint(port), "Hello"]);
    const [original] = golden("zmq_reqrep").clients;
    // Python shows the reply as a bytes literal, b'World'.
    expect(cli.screen).toBe(original?.stdout.replace("b'World'", "World") ?? "");
    expect(cli.exit).toBe(0);
  });

  test("sends as many requests as --repeat says, printed as text and as JSON", async () => {
    const { port } = await startRole(zmqRep, { reply: "{message} {count}" });
    const people = await runCli(zmq, ["zmq", "req", `127.0.0.1:${port}`, "halo", "dunia", "--repeat", "2"]);
    expect(people.stdout).toBe("Received reply 0: halo dunia 1\nReceived reply 1: halo dunia 2\n");
    const machine = await runCli(zmq, ["zmq", "req", endpoint(port), "--json"]);
    expect(machine.stdout).toBe('{"number":0,"message":"Hello 3"}\n');
    expect(machine.stderr).toBe("");
  });

  test("--numbered puts the number of each request behind it, also behind the lines of a pipe", async () => {
    const { port } = await startRole(zmqRep, { reply: "{message}" });
    const three = await runCli(zmq, ["zmq", "req", endpoint(port), "Hello", "--repeat", "3", "--numbered"]);
    expect(three.screen).toBe(
      [0, 1, 2].map((n) => `Sending request ${n}: Hello ${n}\nReceived reply ${n}: Hello ${n}\n`).join(""),
    );
    const piped = await runCli(zmq, ["zmq", "req", endpoint(port), "--numbered", "--quiet"], {
      stdin: "a\nb\n",
    });
    expect(piped.stdout).toBe("a 0\nb 1\n");
  });

  test("the lines of a pipe are its requests, bytes that are not UTF-8 too; an empty pipe is one Hello", async () => {
    const { port } = await startRole(zmqRep, { reply: "{message}" });
    const stdin = Buffer.from("hal\xe9\n\ndunia\n", "latin1");
    const piped = await runCli(zmq, ["zmq", "req", endpoint(port)], { stdin });
    expect(piped.stdoutBytes.toString("latin1")).toBe("Received reply 0: hal\xe9\nReceived reply 1: dunia\n");
    expect((await runCli(zmq, ["zmq", "req", endpoint(port)])).stdout).toBe("Received reply 0: Hello\n");
  });

  test("a service that does not answer is a timeout", async () => {
    const { port } = await startRole(zmqRep, { delay: "10s" });
    const cli = await runCli(zmq, ["zmq", "req", endpoint(port), "Hello", "--timeout", "1s"]);
    expect(cli.stderr).toContain(`No reply from ${endpoint(port)} within 1 s`);
    expect(cli.exit).toBe(124);
  });

  test("a service that disconnects instead of answering is an error, at once", async () => {
    const { port, log } = await startRole(zmqRep, { maxMessageSize: "1KiB" });
    const cli = await runCli(zmq, ["zmq", "req", endpoint(port), "x".repeat(2000), "--timeout", "1m"]);
    expect(cli.stderr).toContain(`${endpoint(port)} closed the connection instead of answering`);
    expect(cli.stderr).toContain("larger than its maxMessageSize");
    expect(cli.exit).toBe(1);
    expect(log[0]).toContain("its message has 2000 bytes or more, and maxMessageSize is 1024");
  });

  test("a refused connection says who usually listens there", async () => {
    const cli = await runCli(zmq, ["zmq", "req", "tcp://127.0.0.77:5555", "Hello"]);
    expect(cli.stderr).toContain("Cannot connect to 127.0.0.77:5555: connection refused");
    expect(cli.stderr).toContain("The lab's service zmq-rep usually listens there");
    expect(cli.exit).toBe(1);
  });

  test("connects once: the service sees one connection", async () => {
    const { port, service } = await startRole(zmqRep);
    await runCli(zmq, ["zmq", "req", endpoint(port), "Hello"]);
    await until(() => service.stats().connections === 0);
    expect(service.stats().connections_total).toBe(1);
  });

  test.each(["http://127.0.0.1:1", "tcp://127.0.0.1", "127.0.0.1:99999"])(
    "%s is no endpoint, and a mistake of the caller",
    async (wrong) => {
      const cli = await runCli(zmq, ["zmq", "req", wrong]);
      expect(cli.stderr).toContain("An endpoint is written tcp://172.16.16.101:5555");
      expect(cli.exit).toBe(2);
    },
  );
});

describe("a port that holds no ZeroMQ socket that fits", () => {
  const req = (port: number, ...more: string[]) =>
    runCli(zmq, ["zmq", "req", endpoint(port), "Hello", ...more]);

  test.each([
    ["text", echoing("Echo: "), "does not speak ZeroMQ: it sent Echo: "],
    [
      "HTTP",
      { open: (peer: Peer) => void peer.write("HTTP/1.1 400 Bad Request\r\n\r\n") },
      "it sent HTTP/1.1 400 Bad",
    ],
    [
      "nothing and the end",
      { data: (peer: Peer) => void peer.end() },
      "closed the connection instead of answering",
    ],
  ])("with %s is reported with what was seen, and not as a timeout", async (_, behaviour, words) => {
    const { port } = fakeServer(behaviour);
    const cli = await req(port);
    expect(cli.stderr).toContain(`127.0.0.1:${port} `);
    expect(cli.stderr).toContain(words);
    expect(cli.exit).toBe(1);
  });

  test("but silence is a timeout that says so", async () => {
    const { port } = fakeServer({});
    const cli = await req(port, "--timeout", "900ms");
    expect(cli.stderr).toContain(
      `${endpoint(port)} is connected, and no ZeroMQ handshake came within 900 ms`,
    );
    expect(cli.exit).toBe(124);
  });

  test.each([
    ["req", zmqPub, "PUB", "REQ talks to REP or ROUTER"],
    ["sub", zmqRep, "REP", "SUB talks to PUB or XPUB"],
    ["pull", zmqRep, "REP", "PULL talks to PUSH"],
    ["sub", zmqPush, "PUSH", "SUB talks to PUB or XPUB"],
  ] as const)(
    "%s is refused by a socket of another type, with both types",
    async (kind, role, theirs, ours) => {
      const { port } = await startRole<unknown>(role, {}, { expectLog: ["warning"] });
      const cli = await runCli(zmq, ["zmq", kind, endpoint(port)]);
      expect(cli.stderr).toContain(
        `127.0.0.1:${port} is a ZeroMQ ${theirs} socket, and ${ours}. Is the port right?`,
      );
      expect(cli.exit).toBe(1);
    },
  );
});

describe("zmq rep", () => {
  test("answers so many requests, and leaves", async () => {
    const cli = await listening("rep", "--reply", "Dunia", "--count", "2");
    const client = await ZmtpClient.connect(cli.port, "REQ");
    for (const request of ["satu", "dua"]) {
      client.send("", request);
      expect((await client.receive()).map(String)).toEqual(["", "Dunia"]);
    }
    expect(await cli.exit).toBe(0);
    expect(cli.stdout).toBe("Received request: satu\nReceived request: dua\n");
  });

  test("says that its port is in use", async () => {
    const { port } = await startRole(zmqRep);
    const cli = await runCli(zmq, ["zmq", "rep", endpoint(port)]);
    expect(cli.stderr).toContain(`Cannot bind ${endpoint(port)}: Address already in use`);
    expect(cli.exit).toBe(1);
  });

  test("leaves with Ctrl-C", async () => {
    const cli = await listening("rep");
    cli.interrupt();
    expect(await cli.exit).toBe(0);
  });
});

describe("zmq pull", () => {
  test("decodes pickled workloads, as the original worker does", async () => {
    const { port } = await startRole(zmqPush, { every: 0, workload: { min: 71, max: 71 } });
    const cli = await runCli(zmq, ["zmq", "pull", endpoint(port), "--worker", "1", "--count", "1"]);
    expect(cli.stdout).toBe(golden("zmq_pushpull").clients[0]?.stdout ?? "");
  });

  test.each([
    ["json", "5", "5"],
    ["text", "5 apples", "5 apples"],
  ])("understands %s", async (encoding, message, expected) => {
    const { port } = await startRole(zmqPush, { every: 0, workload: { min: 5, max: 5 }, encoding, message });
    const cli = await runCli(zmq, ["zmq", "pull", endpoint(port), "-C", "1", "--worker", "7"]);
    expect(cli.stdout).toBe(`Worker 7 received work: ${expected}\n`);
  });

  test("works for as long as the workload says, with --work", async () => {
    const config = { every: 0, workload: { min: 0, max: 0 }, encoding: "text", message: "0.1" };
    const { port } = await startRole(zmqPush, config);
    const start = performance.now();
    const cli = await runCli(zmq, ["zmq", "pull", endpoint(port), "-C", "3", "--work", "--quiet"]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(300);
    expect(cli.stdout).toBe("0.1\n0.1\n0.1\n");
  });

  test("takes no further workload while the pipe that it prints to is full", async () => {
    const reader = new SlowReader();
    const cli = await listeningTo({ reader }, "pull", "--bind", "-C", "2", "--quiet");
    const client = await ZmtpClient.connect(cli.port, "PUSH");
    client.send(Buffer.from("satu"));
    client.send(Buffer.from("dua"));
    await until(() => cli.stdout !== "");
    const other = await runCli(zmq, ["zmq", "push", endpoint(cli.port), "--connect", "tiga"]);
    expect([other.exit, cli.stdout]).toEqual([0, "satu\n"]);
    reader.take();
    expect(await cli.exit).toBe(0);
    expect(cli.stdout).toStartWith("satu\n");
    expect(cli.stdout.split("\n").length).toBe(3);
  });

  test("executes nothing that comes in a pickle", async () => {
    const cli = await listening("pull", "--bind");
    const client = await ZmtpClient.connect(cli.port, "PUSH");
    client.send(Buffer.from("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", "latin1"));
    expect(await cli.exit).toBe(1);
    expect(cli.stderr).toContain("opcode 0x63 is not plain data");
  });
});

describe("zmq push", () => {
  test("waits for a worker and sends each word: numbers pickled, the rest as text", async () => {
    const cli = await listening("push", "71", "100000", "halo");
    expect(cli.stdout).toBe("");
    const worker = await ZmtpClient.connect(cli.port, "PULL");
    expect(unpickle((await worker.receive())[0]!)).toBe(71n);
    expect(unpickle((await worker.receive())[0]!)).toBe(100_000n);
    expect(String(await worker.receive())).toBe("halo");
    expect(await cli.exit).toBe(0);
    expect(cli.stdout).toBe("Sent work: 71\nSent work: 100000\nSent work: halo\n");
  });

  test("reads them line by line from a pipe", async () => {
    const worker = await listening("pull", "--bind", "-C", "3", "--quiet");
    const cli = await runCli(zmq, ["zmq", "push", endpoint(worker.port), "--connect"], {
      stdin: "1\n2\n3\n",
    });
    expect(cli.exit).toBe(0);
    expect(await worker.exit).toBe(0);
    expect(worker.stdout).toBe("1\n2\n3\n");
  });

  test("gives up without a worker only with --timeout", async () => {
    const cli = await runCli(zmq, ["zmq", "push", "tcp://127.0.0.1:0", "1", "--timeout", "50ms"]);
    expect(cli.stderr).toMatch(/No worker at tcp:\/\/127\.0\.0\.1:\d+ within 50 ms/);
    expect(cli.exit).toBe(124);
  });

  test("refuses to pickle what is no number, before anything is sent", async () => {
    const cli = await runCli(zmq, ["zmq", "push", "tcp://127.0.0.1:0", "1", "x", "--encoding", "pickle"]);
    expect(cli.stderr).toContain('Cannot pickle "x"');
    expect(cli.exit).toBe(2);
  });
});

describe("zmq sub", () => {
  test("prints what the original subscriber prints", async () => {
    const { port } = await startRole(zmqPub, { every: "10ms" });
    const cli = await runCli(zmq, ["zmq", "sub", endpoint(port), "--topic", "WAKTU", "--count", "3"]);
    const timeless = (text: string) => text.replace(/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "<time>");
    expect(timeless(cli.stdout)).toBe(timeless(golden("zmq_sub_two").clients[0]?.stdout ?? ""));
  });

  test("shows only the topics asked for", async () => {
    const publish = ["suhu", "angin", "hujan"].map((topic) => ({ topic, message: "1", every: "2ms" }));
    const { port } = await startRole(zmqPub, { publish });
    const args = ["zmq", "sub", endpoint(port), "-t", "suhu", "-t", "hu", "-C", "10", "--quiet"];
    const lines = (await runCli(zmq, args)).stdout.trim().split("\n");
    expect([...new Set(lines)].sort()).toEqual(["hujan 1", "suhu 1"]);
  });

  test("leaves when the time is over, or the silence too long", async () => {
    const { port } = await startRole(zmqPub);
    const waited = await runCli(zmq, ["zmq", "sub", endpoint(port), "-t", "x", "-W", "50ms"]);
    expect(waited.stderr).toContain("--wait of 50 ms is over");
    const silent = await runCli(zmq, ["zmq", "sub", endpoint(port), "-t", "x", "--timeout", "1s"]);
    expect(silent.stderr).toContain(`No message at ${endpoint(port)} within 1 s`);
    expect([waited.exit, silent.exit]).toEqual([124, 124]);
  });

  test("keeps what is no text for machines", async () => {
    const cli = await listening("sub", "--bind", "--json", "-C", "1");
    const publisher = await ZmtpClient.connect(cli.port, "PUB");
    publisher.send("topic", Uint8Array.of(0xff));
    expect(await cli.exit).toBe(0);
    expect(JSON.parse(cli.stdout)).toEqual({ message: "topic \ufffd", base64: ["dG9waWM=", "/w=="] });
  });
});

test("zmq pub publishes once somebody subscribes", async () => {
  const cli = await listening("pub", "28", "derajat", "--topic", "suhu");
  const subscriber = await ZmtpClient.connect(cli.port, "SUB");
  expect(cli.stdout).toBe("");
  subscriber.subscribe("suhu");
  expect((await subscriber.receive()).map(String)).toEqual(["suhu", "28 derajat"]);
  expect(await cli.exit).toBe(0);
  expect(cli.stdout).toBe("Published: suhu 28 derajat\n");
});

test("zmq pub publishes the lines of a pipe", async () => {
  const args = ["zmq", "pub", "tcp://127.0.0.1:0", "--now", "--quiet"];
  const cli = await runCli(zmq, args, { stdin: Buffer.from("satu\nd\xfca\n", "latin1") });
  expect(cli.stdoutBytes.toString("latin1")).toBe("satu\nd\xfca\n");
  expect(cli.exit).toBe(0);
  const again = await runCli(zmq, [...args, "--repeat", "2"]);
  expect(again).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("--repeat and --every need words"),
  });
});

test("zmq pub --now does not wait", async () => {
  const cli = await runCli(zmq, ["zmq", "pub", "tcp://127.0.0.1:0", "halo", "--now", "--json"]);
  expect(cli.stdout).toBe('{"message":"halo"}\n');
  expect(cli.exit).toBe(0);
});

test("a patient client waits for a service that is not there yet", async () => {
  const port = freePort();
  const cli = startCli(zmq, ["zmq", "req", endpoint(port), "Hello", "--patient"]);
  await startRole(zmqRep, { port });
  expect(await cli.exit).toBe(0);
  expect(cli.stdout).toBe("Received reply 0: World\n");
});

test("numbers of any size pass exactly, also as JSON", async () => {
  const cli = await listening("pull", "--bind", "-C", "1", "--json");
  const client = await ZmtpClient.connect(cli.port, "PUSH");
  client.send(pickleInt(2n ** 80n));
  await cli.exit;
  expect(cli.stdout).toBe('{"worker":1,"work":1208925819614629174706176}\n');
});

test.each([
  ["push", "PULL", ["1", "--repeat", "1000000", "--every", "1h"]],
  ["pub", "SUB", ["x", "--now", "--every", "1h"]],
])("zmq %s disconnects a peer that sends it large messages", async (kind, type, args) => {
  const cli = await listening(kind, ...args);
  const peer = await ZmtpClient.connect(cli.port, type);
  peer.send(new Uint8Array(5000));
  await peer.raw.ended;
  cli.interrupt();
  await cli.exit;
});
