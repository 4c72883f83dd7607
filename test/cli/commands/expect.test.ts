import { describe, expect, onTestFinished, test } from "bun:test";
import { expect as expectCommand } from "../../../src/cli/commands/expect.ts";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { zmq } from "../../../src/cli/commands/zmq.ts";
import { mqtt as broker } from "../../../src/roles/mqtt/index.ts";
import { rest } from "../../../src/roles/rest/index.ts";
import { zmqPub, zmqPush, zmqRep } from "../../../src/roles/zmq/index.ts";
import { freePort } from "../../support/free-port.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { Relay } from "../../support/relay.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { echoing, fakeServer } from "../support/fake-server.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const run = (...args: string[]) => runCli(expectCommand, ["expect", ...args]);
const start = (...args: string[]) => startCli(expectCommand, ["expect", ...args]);

/** A time that is over soon, for silence; one in which something else comes first; and one that no busy machine needs. */
const soon = ["--within", "150ms"];
const aWhile = ["--within", "1s"];
const long = ["--within", "1m"];

/** Without the times, which differ. */
const timeless = (text: string) => text.replace(/[\d.]+ m?s\b/g, "T");

describe("expect mqtt", () => {
  const publish = (port: number, ...args: string[]) =>
    runCli(mqtt, ["mqtt", "pub", "-p", `${port}`, "-q", "1", ...args]);

  test("is met by a message that matches, and says which and where", async () => {
    const { port } = await startRole(broker);
    await publish(port, "-t", "sister/temp", "-m", "Suhu: 28°C", "-r");
    const { exit, stdout, stderr } = await run(
      ...["mqtt", "127.0.0.1", "-p", `${port}`, "-t", "sister/+", "--payload", "/^Suhu/", ...long],
    );
    expect(timeless(stdout)).toBe("Met: payload Suhu: 28°C (sister/temp, after T)\n");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const quiet = await run("mqtt", "-h", "127.0.0.1", "-p", `${port}`, "-t", "#", ...long, "--quiet");
    expect(quiet.stdout).toBe("Suhu: 28°C\n");
  });

  test("is not met by others: they are shown beside what was expected, repetitions once", async () => {
    const { port } = await startRole(broker);
    const cli = start("mqtt", "-p", `${port}`, "-t", "#", "--payload", "Suhu: 28°C", "--within", "1500ms");
    const sent = async () => {
      await publish(port, "-t", "sister/temp", "-m", "Suhu: 29°C", "--repeat", "2");
      await publish(port, "-t", "sister/humidity", "-m", "40%");
    };
    // Again and again: when it has subscribed cannot be seen from here.
    await until(async () => {
      await sent();
      return cli.stdout !== "";
    });
    expect(await cli.exit).toBe(1);
    const lines = timeless(cli.stdout).split("\n");
    expect(lines[0]).toBe(`Not met within T: # of 127.0.0.1:${port}`);
    expect(lines[1]).toBe("- payload Suhu: 28°C");
    expect(lines).toContain("+ payload Suhu: 29°C  (sister/temp, after T, 2 times)");
    expect(lines).toContain('    differs at character 8: "8°C" is expected, "9°C" came');
    expect(lines).toContain("+ payload 40%  (sister/humidity, after T)");
    expect(cli.stderr).toContain("it did not come; ");
    expect(cli.stderr).toContain(" others came instead");
  });

  test("with --count waits for so many, and says how many came", async () => {
    const { port } = await startRole(broker);
    await publish(port, "-t", "a", "-m", "1", "-r");
    await publish(port, "-t", "b", "-m", "2", "-r");
    const args = ["mqtt", "-p", `${port}`, "-t", "#", "--payload", "/^\\d$/"];
    const met = await run(...args, "--count", "2", ...long);
    expect(timeless(met.stdout)).toMatch(/^Met: 2 times, the last payload [12] \([ab], after T\)\n$/);
    const more = await run(...args, "--count", "3", ...aWhile);
    expect(more.stdout).toContain("\n- 3 times payload /^\\d$/\n");
    expect(more.stderr).toContain("2 of 3 came");
    expect(more.exit).toBe(1);
  });

  test("with --none is met by silence and by others, and shows what should not have come", async () => {
    const { port } = await startRole(broker);
    await publish(port, "-t", "a", "-m", "rahasia", "-r");
    const args = ["mqtt", "-p", `${port}`, "-t", "#", "--none"];
    const other = await run(...args, "--payload", "x", ...soon);
    expect(timeless(other.stdout)).toBe(`Met: nothing of that kind from # of 127.0.0.1:${port} within T\n`);
    expect(other.exit).toBe(0);
    expect((await run(...args, "--no-retained", ...soon)).exit).toBe(0);
    const came = await run(...args, ...long);
    expect(timeless(came.stdout)).toBe(
      `Not met after T: # of 127.0.0.1:${port}\n- nothing\n+ payload rahasia  (a, after T)\n`,
    );
    expect(came.exit).toBe(1);
  });

  test("nothing at all is said so, and --json has what was expected and what came", async () => {
    const { port } = await startRole(broker);
    const args = ["mqtt", "-p", `${port}`, "-t", "a", "--payload", "/x/", ...soon];
    const people = await run(...args);
    expect(timeless(people.stdout)).toBe(
      `Not met within T: a of 127.0.0.1:${port}\n- payload /x/\n+ nothing came\n`,
    );
    await publish(port, "-t", "a", "-m", "y", "-r");
    const json = await run(...args, ...aWhile, "--json");
    expect(JSON.parse(json.stdout)).toEqual({
      met: false,
      where: `a of 127.0.0.1:${port}`,
      expected: [{ part: "payload", matches: "/x/" }],
      within: 1000,
      count: 1,
      ms: expect.any(Number),
      matched: 0,
      total: 1,
      came: [{ source: "a", times: 1, ms: expect.any(Number), met: false, parts: { payload: "y" } }],
      omitted: 0,
    });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "not-met", exit: 1 } });
  });

  test("keeps a hundred of a flood and counts the rest, and cuts long ones", async () => {
    const { port } = await startRole(broker);
    const lines = Array.from({ length: 150 }, (_, number) => `${number} ${"x".repeat(5000)}`).join("\n");
    const cli = start(
      "mqtt",
      "-p",
      `${port}`,
      "-t",
      "flood",
      "--payload",
      "/^149 x+$/",
      ...long,
      "--json",
      "-q",
      "1",
    );
    await until(async () => {
      await runCli(mqtt, ["mqtt", "pub", "-p", `${port}`, "-t", "flood", "-l", "-q", "1"], { stdin: lines });
      return cli.stdout !== "";
    });
    const { total, came, omitted } = JSON.parse(cli.stdout);
    expect(came).toHaveLength(100);
    expect(omitted).toBe(total - 100);
    expect(came[0].parts.payload).toMatch(/^\d+ x{4090,}… \(\d+ characters\)$/);
    expect(await cli.exit).toBe(0); // matched whole
  });

  test("a broker that closes, or is not there, is status 1 with its own reason; Ctrl-C is 130", async () => {
    const { port } = await startRole(broker);
    // Behind CONNACK and SUBACK.
    const relay = await Relay.start(port, [
      { from: "server", at: (sent) => (sent.length < 9 ? undefined : 9) },
    ]);
    const lost = await run("mqtt", "-p", `${relay.port}`, "-t", "a", ...long);
    expect(lost.stderr).toContain(`The MQTT broker 127.0.0.1:${relay.port} closed the connection`);
    expect(lost.exit).toBe(1);
    const closed = freePort();
    const refused = await run("mqtt", "-p", `${closed}`, "-t", "a", ...soon);
    expect(refused.stderr).toContain("connection refused");
    expect(refused.exit).toBe(1);
    const left = start("mqtt", "-p", `${port}`, "-t", "a", ...long);
    left.interrupt();
    expect(await left.exit).toBe(130);
  });
});

describe("expect http", () => {
  const restServer = async () => {
    const { port } = await startRole(rest, {}, { operations: labOperations });
    return `http://127.0.0.1:${port}`;
  };

  test("is met by status, head, body and fields together", async () => {
    const url = `${await restServer()}/add?a=5&b=9`;
    const all = [
      "--status",
      "200",
      "--header",
      "Content-Type: /json/",
      "--field",
      "result=14",
      "--body",
      '{"result":14}',
    ];
    const { exit, stdout } = await run("http", url, ...all, ...long);
    expect(timeless(stdout)).toBe(
      'Met: status 200, header content-type application/json, field result 14, body {"result":14} ' +
        `(GET ${url}, after T)\n`,
    );
    expect(exit).toBe(0);
    expect((await run("http", url.replace("http://", ""), "--status", "2xx", ...long)).exit).toBe(0);
  });

  test("shows each part that is not as expected, and the body in any case", async () => {
    const url = `${await restServer()}/add?a=5&b=9`;
    const { exit, stdout } = await run("http", url, "--field", "result=15", "--field", "nope=/./", ...long);
    expect(timeless(stdout)).toBe(
      [
        `Not met after T: GET ${url}`,
        "- field result 15",
        "- field nope /./",
        "  status 200  (after T)",
        "+ field result 14",
        '    differs at character 2: "5" is expected, "4" came',
        "+ field nope (there is none)",
        '  body {"result":14}',
        "",
      ].join("\n"),
    );
    expect(exit).toBe(1);
  });

  test("without --status a success is expected", async () => {
    const url = `${await restServer()}/nowhere`;
    const { exit, stdout } = await run("http", url, ...long);
    expect(stdout).toContain("\n- status 2xx\n+ status 404  ");
    expect(exit).toBe(1);
    expect((await run("http", url, "--status", "/^40[34]$/", ...long)).exit).toBe(0);
  });

  test("sends the method, the head and the body that it is given", async () => {
    const seen: string[] = [];
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        seen.push(`${request.method} ${request.headers.get("x-lab")} ${await request.text()}`);
        return new Response("ok\n", { headers: { "x-answer": "satu" } });
      },
    });
    onTestFinished(() => server.stop(true));
    const args = ["http", `127.0.0.1:${server.port}/a`, "--body", "ok", "--header", "X-Answer:satu", ...long];
    expect((await run(...args, "-d", "halo", "-H", "X-Lab: dua")).exit).toBe(0);
    expect((await run(...args, "-X", "DELETE")).exit).toBe(0);
    expect(seen).toEqual(["POST dua halo", "DELETE null "]);
  });

  test("with --every it waits for a server that starts, and for the answer to change", async () => {
    const port = freePort();
    const cli = start("http", `127.0.0.1:${port}`, "--body", "3", "--every", "5ms", ...long);
    let count = 0;
    const server = Bun.serve({ port, hostname: "127.0.0.1", fetch: () => new Response(`${++count}`) });
    onTestFinished(() => server.stop(true));
    expect(await cli.exit).toBe(0);
    expect(count).toBe(3);
    const never = await run("http", `127.0.0.1:${port}`, "--body", "x", "--every", "5ms", ...aWhile);
    expect(never.stdout).toContain("\n+ body 4\n");
    expect(never.exit).toBe(1);
  });

  test("with --every a server that never starts is shown as the reason, once", async () => {
    const port = freePort();
    const { exit, stdout, stderr } = await run("http", `127.0.0.1:${port}`, "--every", "5ms", ...aWhile);
    expect(stdout).toMatch(/\n\+ Cannot connect to 127\.0\.0\.1:\d+: connection refused.* times\)\n$/);
    expect(stdout.split("\n+ ")).toHaveLength(2);
    expect(stderr).toContain("connection refused");
    expect(exit).toBe(1);
  });

  test("a server that takes the request and says nothing is not met when the time is over", async () => {
    const { port } = fakeServer({});
    const { exit, stdout } = await run("http", `127.0.0.1:${port}`, ...soon);
    expect(stdout).toEndWith("- status 2xx\n+ nothing came\n");
    expect(exit).toBe(1);
  });
});

describe("expect echo", () => {
  test("is met by a reply with the message, or as given; a reply that differs shows where", async () => {
    const { port } = fakeServer(echoing("Echo: "));
    const args = ["echo", "127.0.0.1", "halo", "dunia", "-p", `${port}`, ...long];
    const met = await run(...args);
    expect(timeless(met.stdout)).toBe(
      `Met: reply Echo: halo dunia (the reply of 127.0.0.1:${port}, after T)\n`,
    );
    expect((await run(...args, "--reply", "Echo: halo dunia")).exit).toBe(0);
    const wrong = await run(...args, "--reply", "Echo: halo dunya");
    expect(timeless(wrong.stdout)).toBe(
      [
        `Not met after T: the reply of 127.0.0.1:${port}`,
        "- reply Echo: halo dunya",
        "+ reply Echo: halo dunia  (after T)",
        '    differs at character 15: "ya" is expected, "ia" came',
        "",
      ].join("\n"),
    );
    expect(wrong.exit).toBe(1);
  });

  test("a silent server is not met, and --timeout says when it counts as silent", async () => {
    const { port } = fakeServer({});
    const args = ["echo", "127.0.0.1", "halo", "-p", `${port}`];
    const over = await run(...args, ...soon);
    expect(over.stdout).toEndWith('- reply text with "halo"\n+ nothing came\n');
    expect(over.exit).toBe(1);
    const silent = await run(...args, ...long, "--timeout", "1s");
    expect(silent.stdout).toContain(`+ No answer from 127.0.0.1:${port} within 1 s`);
    expect(silent.exit).toBe(1);
  });

  test("with --every asks on new connections until the reply is as expected", async () => {
    let connections = 0;
    const server = fakeServer({ data: (peer) => void peer.end(`ready ${++connections >= 3}`) });
    const args = ["echo", "127.0.0.1", "TIME", "-p", `${server.port}`, "--reply", "ready true"];
    expect((await run(...args, "--every", "1ms", ...long)).exit).toBe(0);
    expect(server.connections).toBe(3);
  });
});

describe("expect udp", () => {
  async function udpServer(answers: (request: string) => readonly string[]): Promise<number> {
    const server = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: {
        data: (socket, data, port, address) => {
          for (const text of answers(`${data}`)) socket.send(text, port, address);
        },
      },
    });
    onTestFinished(() => server.close());
    return server.port;
  }

  test("is met by a reply, also behind another one", async () => {
    const port = await udpServer((request) => ["old", `re: ${request}`]);
    const args = ["udp", "127.0.0.1", "halo", "-p", `${port}`];
    expect((await run(...args, "--reply", "re: halo", ...long)).exit).toBe(0);
    const wrong = await run(...args, "--reply", "/x/", ...aWhile);
    expect(timeless(wrong.stdout)).toBe(
      [
        `Not met within T: the reply of 127.0.0.1:${port}`,
        "- reply /x/",
        "+ reply old  (after T)",
        "+ reply re: halo  (after T)",
        "",
      ].join("\n"),
    );
    expect(wrong.exit).toBe(1);
  });

  test("with --every sends again what was lost", async () => {
    let received = 0;
    const port = await udpServer(() => (++received < 3 ? [] : ["ok"]));
    expect((await run("udp", "127.0.0.1", "halo", "-p", `${port}`, "--every", "5ms", ...long)).exit).toBe(0);
    expect(received).toBeGreaterThanOrEqual(3);
  });

  test("with --none is met by silence, and not by a late reply", async () => {
    const silent = await udpServer(() => []);
    expect((await run("udp", "127.0.0.1", "x", "-p", `${silent}`, "--none", ...soon)).exit).toBe(0);
    const talkative = await udpServer(() => ["a", "b"]);
    const args = ["udp", "127.0.0.1", "x", "-p", `${talkative}`, "--none"];
    const { exit, stdout } = await run(...args, "--reply", "b", ...long);
    expect(stdout).toContain("\n- nothing with reply b\n");
    expect(stdout).toContain("\n+ reply b  (");
    expect(exit).toBe(1);
    expect((await run(...args, "--reply", "c", ...soon)).exit).toBe(0);
  });

  test("a port where nobody listens is refused", async () => {
    const unused = await Bun.udpSocket({ hostname: "127.0.0.1" });
    const { port } = unused;
    unused.close();
    const { exit, stderr } = await run("udp", "127.0.0.1", "x", "-p", `${port}`, ...long);
    expect(stderr).toContain("connection refused");
    expect(exit).toBe(1);
    // Silence of a host that refuses is not the silence that was expected.
    const none = await run("udp", "127.0.0.1", "x", "-p", `${port}`, "--none", "--every", "5ms", ...aWhile);
    expect(none.stderr).toContain("connection refused");
    expect(none.exit).toBe(1);
  });
});

describe("expect zmq", () => {
  const endpoint = (port: number) => `tcp://127.0.0.1:${port}`;

  test("sub is met by so many messages of a publisher, and shows others", async () => {
    const { port } = await startRole(zmqPub, { every: "20ms", message: "WAKTU {time}" });
    const met = await run("zmq", "sub", endpoint(port), "--message", "/^WAKTU/", "-C", "2", ...long);
    expect(met.stdout).toStartWith("Met: 2 times, the last message WAKTU ");
    expect(met.exit).toBe(0);
    const wrong = await run("zmq", "sub", endpoint(port), "--message", "x", ...aWhile);
    expect(wrong.stdout).toContain("\n- message x\n+ message WAKTU ");
    expect(wrong.exit).toBe(1);
    expect((await run("zmq", "sub", endpoint(port), "-t", "LAIN", "--none", ...soon)).exit).toBe(0);
  });

  test("pull decodes workloads", async () => {
    const { port } = await startRole(zmqPush, { every: "10ms" });
    const { exit, stdout } = await run(
      "zmq",
      "pull",
      endpoint(port),
      "--message",
      "/^[0-9]+$/",
      "-C",
      "2",
      ...long,
    );
    expect(stdout).toStartWith("Met: 2 times, the last message ");
    expect(exit).toBe(0);
  });

  test("pull shows a workload that cannot be decoded, and waits on", async () => {
    const port = freePort();
    const cli = start(
      "zmq",
      "pull",
      endpoint(port),
      "--bind",
      "--encoding",
      "json",
      "--message",
      "2",
      ...long,
      "--json",
    );
    const args = ["zmq", "push", endpoint(port), "--connect", "--patient", "--encoding", "text", "{", "2"];
    expect((await runCli(zmq, args)).exit).toBe(0);
    expect(await cli.exit).toBe(0);
    expect(JSON.parse(cli.stdout).came).toMatchObject([
      { met: false, parts: { message: null, unreadable: "{" } },
      { met: true, parts: { message: "2" } },
    ]);
  });

  test("rep answers each request, the last one too", async () => {
    const port = freePort();
    const cli = start(
      "zmq",
      "rep",
      endpoint(port),
      "--message",
      "/^Hello/",
      "-C",
      "2",
      "--reply",
      "Dunia",
      ...long,
    );
    const req = await runCli(zmq, [
      "zmq",
      "req",
      endpoint(port),
      "Hello",
      "--patient",
      "--repeat",
      "2",
      "--quiet",
    ]);
    expect(req).toMatchObject({ exit: 0, stdout: "Dunia\nDunia\n" });
    expect(await cli.exit).toBe(0);
  });

  test("req is met by the reply, and not by another", async () => {
    const { port } = await startRole(zmqRep, { reply: "World" });
    expect((await run("zmq", "req", endpoint(port), "Hello", "--message", "World", ...long)).exit).toBe(0);
    const wrong = await run("zmq", "req", endpoint(port), "--message", "Dunia", ...long);
    expect(wrong.stdout).toContain("\n- message Dunia\n+ message World  (");
    expect(wrong.exit).toBe(1);
    const { port: slow } = await startRole(zmqRep, { delay: "10s" });
    const silent = await run("zmq", "req", endpoint(slow), ...soon);
    expect(silent.stdout).toEndWith("- anything\n+ nothing came\n");
    expect(silent.exit).toBe(1);
  });
});

test.each([
  [["mqtt", "-t", "a", "--payload", "/(/"], "It is no regular expression"],
  [["mqtt", "-t", "a", "--none", "--count", "2"], "cannot be used with option"],
  [["mqtt"], "required option '-t, --topic <filter>'"],
  [["http"], "missing required argument 'url'"],
  [["http", "ftp://a"], "It is written http://HOST"],
  [["http", "a", "--status", "ok"], "A status is written 200, 4xx or /^20[01]$/"],
  [["http", "a", "--header", "x"], "A field is written as in 'Content-Type: /json/'"],
  [["http", "a", "--send-header", "a b: c"], "A field is written as in 'Accept: application/json'"],
  [["http", "a", "--field", "result"], "A field is written as in result=14"],
  [["http", "a", "-X", "GE T"], "A method is a word"],
  [["http", "http://a", "--insecure"], "--insecure needs https, and the address is http://a/"],
  [["echo", "127.0.0.1"], "The message is empty"],
  [["echo", "127.0.0.1", "x", "--within", "0s"], "It must be longer than nothing"],
  [["udp", "127.0.0.1", "x".repeat(65_508)], "A datagram holds 65507 bytes"],
])("expect %j is a mistake of the command line", async (args, complaint) => {
  const { exit, stderr } = await run(...args);
  expect(stderr).toContain(complaint);
  expect(exit).toBe(2);
});
