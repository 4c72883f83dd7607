import { describe, expect, test } from "bun:test";
import { luaString, wiresharkScript } from "../../../src/cli/capture/wireshark-lua.ts";
import { labServices } from "../../../src/protocol/analysis/service-ports.ts";

/** The rows of the table of services. */
const rowsOf = (script: string): string[] =>
  script
    .slice(0, script.indexOf("\n}\n"))
    .split("\n")
    .filter((line) => line.startsWith("  { "));

describe("a string of Lua", () => {
  test.each([
    ["mqtt", '"mqtt"'],
    ["", '""'],
    ['a"b', '"a\\"b"'],
    ["a\\b", '"a\\\\b"'],
    ["a\nb\r\0c", '"a\\010b\\013\\000c"'],
    // A digit after an escape is none of its digits.
    ["\x011", '"\\0011"'],
    ["\x7f", '"\\127"'],
    ["é", '"\\195\\169"'],
    ["\u202ex", '"\\226\\128\\174x"'],
    ["]]--", '"]]--"'],
    // Half of a character is none: it becomes the sign for that.
    ["\ud800", '"\\239\\191\\189"'],
  ])("of %j is %s", (text, lua) => {
    expect(luaString(text)).toBe(lua);
  });
});

describe("the script", () => {
  test("has a row for each service of the lab, and one role of its port", () => {
    const script = wiresharkScript(labServices);
    const rows = rowsOf(script);
    expect(rows).toHaveLength(labServices.length);
    expect(rows).toContain('  { name = "raw-echo", role = "echo", port = 10000, transport = "tcp" },');
    expect(rows).toContain('  { name = "udp", role = "udp", port = 12345, transport = "udp" },');
    expect(rows).toContain('  { name = "zmq-pub", role = "zmq-pub", port = 12345, transport = "tcp" },');
  });

  test("has one service for a port: the last, as with distcli explain", () => {
    const script = wiresharkScript([
      { name: "mqtt", role: "mqtt", port: 1883 },
      { name: "gema", role: "echo", port: 1883 },
      { name: "surat", role: "udp", port: 1883 },
    ]);
    expect(rowsOf(script)).toEqual([
      '  { name = "gema", role = "echo", port = 1883, transport = "tcp" },',
      '  { name = "surat", role = "udp", port = 1883, transport = "udp" },',
    ]);
  });

  test("says how a port is spoken to", () => {
    const script = wiresharkScript([{ name: "web", role: "mqtt", port: 8083, transport: "wss" }]);
    expect(rowsOf(script)).toEqual(['  { name = "web", role = "mqtt", port = 8083, transport = "wss" },']);
  });

  test("has no line that a name or a role has made, and nothing but ASCII of them", () => {
    const plain = wiresharkScript([{ name: "x", role: "echo", port: 1 }]);
    const hostile = wiresharkScript([{ name: '"\n} os.exit()\r\u2028--[[\0é', role: '\n"]]', port: 1 }]);
    expect(hostile.split(/[\n\r\u2028]/)).toHaveLength(plain.split("\n").length);
    const [row = ""] = rowsOf(hostile);
    expect(row).toMatch(
      /^ {2}\{ name = "(?:[^"\\]|\\"|\\\d{3})*", role = "(?:[^"\\]|\\"|\\\d{3})*", port = 1, /,
    );
    expect(row).toMatch(/^[ -~]+$/);
  });

  test("may be read by a person: short lines, and what to do with it at the top", () => {
    const script = wiresharkScript(labServices);
    for (const line of script.split("\n")) expect(line.length).toBeLessThanOrEqual(130);
    expect(script.slice(0, 300)).toContain("tshark -X lua_script:lab.lua -r lab.pcapng");
  });
});
