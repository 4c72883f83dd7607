import { describe, expect, test } from "bun:test";
import type { Role } from "../../../src/core/role.ts";
import { registry } from "../../../src/registry.ts";
import { type FakeConfig, fakeRegistry, fakeRole, load, reportOf } from "../../support/registry.ts";

const fake = fakeRegistry(fakeRole("echo"), fakeRole("time"));
const configOf = (source: string, options = {}) => load(source, fake, options).services[0]?.config;

describe("a configuration", () => {
  test("role and port follow from the name, and nothing need be said", () => {
    const plan = load("services:\n  echo:\n  other: { role: time, port: 4000 }\n", fake);
    expect(plan.services.map(({ name, role }) => `${name} ${role.name}`)).toEqual([
      "echo echo",
      "other time",
    ]);
  });

  test("a service listens on the file's host unless it says otherwise", () => {
    const plan = load("host: 0.0.0.0\nservices:\n  echo:\n  time: { host: '::1' }\n", fake);
    expect(plan.services.map(({ config }) => config)).toMatchObject([{ host: "0.0.0.0" }, { host: "::1" }]);
  });

  test("five mistakes are all reported, each with file, line, column, the line and what would be right", () => {
    const source = [
      "hots: 0.0.0.0",
      "services:",
      "  tme: { threads: 2 }",
      "  echo:",
      "    port: 70000",
      "    repply: hello",
      "  upcall: { concurrency: parallel }",
      "",
    ].join("\n");
    expect(reportOf(source, registry)).toBe(
      [
        'lab.yaml:1:1  hots: there is no setting "hots". Did you mean "host"?',
        "    1 | hots: 0.0.0.0",
        "      | ^^^^",
        'lab.yaml:3:3  services.tme: there is no role "tme". Did you mean "time"?',
        "    3 |   tme: { threads: 2 }",
        "      |   ^^^",
        "lab.yaml:5:11  services.echo.port: must be at most 65535, and is 70000",
        "    5 |     port: 70000",
        "      |           ^^^^^",
        'lab.yaml:6:5  services.echo.repply: there is no setting "repply". Did you mean "reply"?',
        "    6 |     repply: hello",
        "      |     ^^^^^^",
        'lab.yaml:7:26  services.upcall.concurrency: must be concurrent or iterative, and is "parallel"',
        "    7 |   upcall: { concurrency: parallel }",
        "      |                          ^^^^^^^^",
      ].join("\n"),
    );
  });

  test("two services on one port are reported before anything starts; TCP and UDP do not collide", () => {
    expect(reportOf("services:\n  echo: { port: 9 }\n  time: { port: 9 }\n", fake)).toContain(
      "lab.yaml:3:17  services.time.port: TCP port 9 is taken by services.echo",
    );
    expect(reportOf("services:\n  echo:\n  again: { role: echo }\n", registry)).toContain(
      "TCP port 2222 is taken by services.echo",
    );
    expect(load("services:\n  udp: { port: 9 }\n  echo: { port: 9 }\n", registry).services.length).toBe(2);
    expect(load("services:\n  echo: { port: 0 }\n  time: { port: 0 }\n", fake).services.length).toBe(2);
  });

  test.each([
    ["::", "127.0.0.1", true],
    ["127.0.0.1", "::", true],
    ["::", "0.0.0.0", true],
    ["::", "::1", true],
    ["0.0.0.0", "127.0.0.2", true],
    ["127.0.0.2", "0.0.0.0", true],
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.1", "127.0.0.2", false],
    ["0.0.0.0", "::1", false],
    ["::1", "0.0.0.0", false],
  ])("a listener on %s and one on %s share their port: %p", (one, other, conflict) => {
    const source = `services:\n  echo: { port: 9, host: "${one}" }\n  time: { port: 9, host: "${other}" }\n`;
    if (conflict)
      expect(reportOf(source, fake)).toContain("services.time.port: TCP port 9 is taken by services.echo");
    else expect(load(source, fake).services).toHaveLength(2);
  });

  test("the mistakes come in the order of the file, those of one line from left to right", () => {
    const source = [
      "services:",
      "  time: { prot: 1, port: 70000, host: 5, refuse: 1 }",
      "  echo: { port: 9 }",
      "  again: { role: echo, port: 9 }",
      "operations: { g: a +, f: a, f: b }",
      "hots: x",
    ].join("\n");
    const places = [...reportOf(source, fake).matchAll(/^lab\.yaml:(\d+):(\d+)/gm)].map(
      ([, line, column]) => [Number(line), Number(column)],
    );
    expect(places).toEqual([
      [2, 11],
      [2, 26],
      [2, 39],
      [2, 50],
      [4, 30],
      [5, 18],
      [5, 29],
      [6, 1],
    ]);
  });

  test("an empty value is marked at its key", () => {
    expect(
      reportOf("services:\n  mqtt:\n    publish:\n      - topic:\n        message: x\n", registry),
    ).toContain(
      [
        "lab.yaml:4:9  services.mqtt.publish.0.topic: must be text, and is null",
        "    4 |       - topic:",
        "      |         ^^^^^",
      ].join("\n"),
    );
  });

  test("the endpoints that a ZeroMQ service listens on have ports, too, and those that it connects to have none", () => {
    const rep = (settings: string) => `services:\n  zmq-rep: { ${settings} }\n  echo: { port: 5555 }\n`;
    expect(reportOf(rep('bind: ["tcp://*:1", "tcp://*:5555"]'), registry)).toContain(
      "services.echo.port: TCP port 5555 is taken by services.zmq-rep.bind",
    );
    expect(reportOf(rep(""), registry)).toContain("TCP port 5555 is taken by services.zmq-rep");
    for (const free of ['bind: ["ipc:///tmp/x"]', 'bind: ["tcp://*:*"]', 'connect: ["tcp://127.0.0.1:5555"]'])
      expect(load(rep(free), registry).services).toHaveLength(2);
  });

  test("two listeners on one port are reported, of one service or of two, each at its own position", () => {
    const source = [
      "services:",
      "  mqtt:",
      "    port: 9",
      "    listeners:",
      "      - { transport: ws, port: 8 }",
      "      - { port: 9 }",
      "  echo: { port: 8 }",
      "",
    ].join("\n");
    const report = reportOf(source, registry);
    expect(report).toContain(
      "lab.yaml:6:17  services.mqtt.listeners.1.port: TCP port 9 is taken by services.mqtt; give one",
    );
    expect(report).toContain(
      "lab.yaml:7:17  services.echo.port: TCP port 8 is taken by services.mqtt.listeners.0",
    );
  });

  test("what a service needs of this machine and does not find is reported, unless it runs on another", () => {
    const needy: Role<FakeConfig> = {
      ...fakeRole("echo"),
      unmet: () => [{ path: ["port"], message: "Cannot find a harbour" }],
    };
    const source = "services:\n  echo: { port: 9 }\n";
    expect(reportOf(source, fakeRegistry(needy))).toContain(
      "lab.yaml:2:17  services.echo.port: Cannot find a harbour",
    );
    expect(load(source, fakeRegistry(needy), { isElsewhere: true }).services).toHaveLength(1);
  });

  test("text that is not YAML is reported with its position", () => {
    expect(reportOf("services:\n  echo: [\n", fake)).toMatch(/^lab\.yaml:\d+:\d+ {2}is not YAML: /);
    expect(reportOf("services:\n  echo:\n  echo:\n", fake)).toContain(
      'lab.yaml:3:3  services.echo: the key "echo" stands here a second time',
    );
    expect(reportOf("- a\n", fake)).toContain("must be a map with services: in it");
    expect(reportOf("", fake)).toContain("services: there are no services");
  });

  test("an alias bomb is refused", () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`,
    );
    expect(reportOf(`a0: &a0 [1]\n${levels.join("\n")}\nservices: { echo: }\n`, fake)).toContain("alias");
  });

  test("merge keys share settings between services", () => {
    const plan = load("services:\n  echo: &base { port: 0 }\n  time: { <<: *base }\n", fake);
    expect(plan.services[1]?.config).toMatchObject({ port: 0 });
  });
});

describe("values from the environment", () => {
  test("fill in with their type, with a default, and inside of text", () => {
    expect(
      configOf("services:\n  echo: { port: $PORT }\n".replace("$PORT", '"${PORT}"'), {
        environment: { PORT: "45" },
      }),
    ).toMatchObject({ port: 45 });
    expect(
      configOf("services:\n  echo:\n    port: ${PORT}\n", { environment: { PORT: "45" } }),
    ).toMatchObject({ port: 45 });
    expect(configOf("services:\n  echo:\n    port: ${PORT:-46}\n")).toMatchObject({ port: 46 });
    expect(configOf("services:\n  echo:\n    host: a${N:-1}.$${x}\n")).toMatchObject({ host: "a1.${x}" });
  });

  test("the default stands in for an empty value, too, and without a default an empty value is one", () => {
    const source = "services:\n  echo:\n    host: a${X:-d}\n";
    expect(configOf(source, { environment: { X: "" } })).toMatchObject({ host: "ad" });
    expect(configOf(source, { environment: { X: "x" } })).toMatchObject({ host: "ax" });
    const plain = "services:\n  echo:\n    host: a${X}\n";
    expect(configOf(plain, { environment: { X: "" } })).toMatchObject({ host: "a" });
  });

  test("a number with its zeros stays as it was written where text is wanted, quoted or not", () => {
    for (const reference of ["${R}", '"${R}"']) {
      const source = `services:\n  echo:\n    host: ${reference}\n`;
      for (const R of ["1.50", "007", "+1", "true", "1e3"]) {
        expect(configOf(source, { environment: { R } })).toMatchObject({ host: R });
      }
    }
    expect(configOf("services:\n  echo:\n", { overrides: ["services.echo.host=1.50"] })).toMatchObject({
      host: "1.50",
    });
  });

  test("text that looks like a number stays text where text is wanted", () => {
    expect(configOf("services:\n  echo:\n    host: ${H}\n", { environment: { H: "12" } })).toMatchObject({
      host: "12",
    });
  });

  test("what is missing does not hide the other mistakes", () => {
    const report = reportOf("services:\n  echo: { port: '${NOPE}' }\n  tme:\n  tme:\n", fake);
    expect(report).toContain("the environment has no NOPE");
    expect(report).toContain('there is no role "tme"');
    expect(report).toContain('the key "tme" stands here a second time');
  });

  test("a reference between braces without quotes is reported as what it is", () => {
    expect(reportOf("services:\n  echo: { port: ${PORT} }\n", fake)).toBe(
      [
        'lab.yaml:2:18  is not YAML: a reference to the environment or a file needs quotes between { and }, e.g. { port: "${PORT}" }',
        "    2 |   echo: { port: ${PORT} }",
        "      |                  ^",
      ].join("\n"),
    );
  });

  test("a missing variable is reported by name and position", () => {
    expect(reportOf("services:\n  echo:\n    port: ${NOPE}\n", fake)).toContain(
      "lab.yaml:3:11  services.echo.port: the environment has no NOPE; set it, or give a default: ${NOPE:-default}",
    );
  });
});

describe("mistakes in YAML itself", () => {
  test.each([
    ["services:\n  echo:\n    reply: Echo: {message}\n", 'text with ": " in it needs quotes'],
    ["services:\n  echo: { reply: Echo: x }\n", 'text with ": " in it needs quotes'],
    ["services:\n  echo: { port: 1 }\n---\nhost: x\n", "a second document starts here"],
    ["services:\n\techo:\n", "a tab stands here"],
    ["services:\n  echo:\n    reply: “{message}: x”\n", "typographic quotes"],
    ["services:\n  echo:\n    port:2222\n    host: x\n", "a colon and a space"],
  ])("%j is reported in plain words", (source, words) => {
    expect(reportOf(source, fake)).toContain(words);
  });
});

describe("text from outside", () => {
  const reply = (value: string) =>
    load('services:\n  echo: { port: 0, reply: "${R}" }\n', registry, { environment: { R: value } })
      .services[0]?.config;

  test.each(["*a {message}", "{message} # b", "# {message}", "'q' {message}", "[{message}]"])(
    "%j is text as it is",
    (value) => {
      expect(reply(value)).toMatchObject({ reply: value });
      const overrides = [`services.echo.reply=x${value}`];
      expect(load("services: { echo: }", registry, { overrides }).services[0]?.config).toMatchObject({
        reply: `x${value}`,
      });
    },
  );

  test("are set in one place, where aliases share a value", () => {
    const source = "services:\n  a: &x { role: echo, port: 7, host: h }\n  b: *x\n  c: { <<: *x, port: 9 }\n";
    const configs = (...overrides: string[]) =>
      load(source, fake, { overrides: [...overrides, "services.c.port=8"] }).services.map(
        ({ config }) => config,
      );
    expect(configs("services.b.port=5")).toMatchObject([{ port: 7 }, { port: 5, host: "h" }, { port: 8 }]);
    expect(configs("services.a.port=5")).toMatchObject([{ port: 5 }, { port: 7 }, { port: 8, host: "h" }]);
  });

  test("a number out of range is reported as such, with its origin", () => {
    expect(
      reportOf('services:\n  echo: { port: "${P}" }\n', fake, { environment: { P: "70000" } }),
    ).toContain("services.echo.port: must be at most 65535, and is 70000");
    expect(reportOf("services:\n  echo:\n", fake, { overrides: ["services.echo.port=70000"] })).toBe(
      "lab.yaml  --set services.echo.port: must be at most 65535, and is 70000",
    );
    expect(reportOf("services:\n  echo:\n", fake, { overrides: ["services.ecko.port=7"] })).toContain(
      'lab.yaml  --set services.ecko: there is no role "ecko". Did you mean "echo"?',
    );
  });

  test("an unclosed reference and a nested one are reported", () => {
    expect(reportOf("services:\n  echo:\n    host: ${X\n", fake)).toContain("${X is not closed");
    expect(reportOf('services:\n  echo:\n    host: "${X:-${Y}}"\n', fake)).toContain("nests references");
  });
});

test("a host that is neither a name nor an address is refused, wherever it stands", () => {
  const report = reportOf(
    "host: not a host\nadmin: { host: 999.1.1.1 }\nservices:\n  echo: { host: a b }\n",
    registry,
  );
  expect(report).toContain(
    'lab.yaml:1:7  host: must be an IP address such as 0.0.0.0 or ::1, or a host name, and is "not a host"',
  );
  expect(report).toContain("lab.yaml:2:16  admin.host: must be an IP address");
  expect(report).toContain("lab.yaml:4:17  services.echo.host: must be an IP address");
});

test("x- keys are the author's own", () => {
  const source = "x-base: &base { port: 0 }\nservices:\n  echo: { <<: *base }\n";
  expect(load(source, fake).services[0]?.config).toMatchObject({ port: 0 });
});

test("a choice of numbers is reported with all of them", () => {
  const source = "services:\n  mqtt: { publish: [{ topic: a, message: b, qos: 3 }] }\n";
  expect(reportOf(source, registry)).toContain("must be 0, 1 or 2, and is 3");
});

test("durations that no timer can wait for are refused", () => {
  expect(reportOf("services:\n  upcall: { events: { every: 30d } }\n", registry)).toContain(
    "must be 10ms to 24d",
  );
});

describe("--set", () => {
  test("overrides a value, in a service without settings, too", () => {
    expect(configOf("services:\n  echo:\n", { overrides: ["services.echo.port=45"] })).toMatchObject({
      port: 45,
    });
    expect(
      configOf("services: { echo: { port: 1 } }\n", { overrides: ["services.echo.port=2"] }),
    ).toMatchObject({ port: 2 });
    expect(
      load("services:\n  echo:\n", fake, { overrides: ["host=::1", "grace=2s"] }).settings,
    ).toMatchObject({ host: "::1", grace: 2000 });
  });

  test("is named only for what it has set, not for what begins with the same letters", () => {
    const source = "services:\n  echo: { port: 1 }\n  echo2: { role: echo, port: x }\n";
    const report = reportOf(source, fake, { overrides: ["services.echo.port=70000"] });
    expect(report).toContain("lab.yaml  --set services.echo.port: must be at most 65535");
    expect(report).toContain("lab.yaml:3:30  services.echo2.port: must be a number");
    const whole = reportOf(source, fake, { overrides: ["services.echo={port: 70000}"] });
    expect(whole).toContain("--set services.echo.port: ");
    expect(whole).toContain("lab.yaml:3:30  services.echo2.port: ");
  });

  test("a wrong value or form is reported", () => {
    expect(reportOf("services:\n  echo:\n", fake, { overrides: ["services.echo.port=abc"] })).toContain(
      'services.echo.port: must be a number, and is "abc"',
    );
    expect(reportOf("services:\n  echo:\n", fake, { overrides: ["services.echo.port"] })).toContain(
      "--set services.echo.port is not of the form key.key=value",
    );
  });
});

describe("operations", () => {
  const withOperations = (text: string) => `operations:\n${text}\nservices: { echo: }\n`;

  test("the lab's own are there unless the file defines some", () => {
    expect(load("services: { echo: }\n", fake).operations.find("subtract")?.evaluate(5n, 3n)).toBe(2n);
    const plan = load(withOperations("  twice: { expression: 2 * (a + b), aliases: [double] }"), fake);
    expect(plan.operations.all.map(({ name }) => name)).toEqual(["twice"]);
    expect(plan.operations.find("double")?.evaluate(1n, 2n)).toBe(6n);
  });

  test("an invalid expression, a duplicate name and a reserved one are reported with their positions", () => {
    const report = reportOf(
      withOperations("  bad: a +\n  one: { expression: a, aliases: [bad] }\n  docs: a"),
      fake,
    );
    expect(report).toContain("lab.yaml:2:8  operations.bad: ");
    expect(report).toContain('the name "bad" is taken by the operation bad');
    expect(report).toContain('lab.yaml:4:3  operations.docs: the name "docs" is reserved: a test says so');
  });
});
