import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync } from "node:fs";
import { compileClock } from "../../src/protocol/text/clock.ts";
import { findZone, setLocalZone } from "../../src/protocol/text/zone/find-zone.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { run } from "../support/program.ts";
import { clientProgram, python } from "../support/python.ts";
import { RawClient } from "../support/raw-client.ts";

/** With summer time in the south and in the north, with half hours, with changes of the offset itself. */
const files = [
  "Asia/Jakarta",
  "Asia/Makassar",
  "Asia/Jayapura",
  "UTC",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Europe/London",
  "Europe/Dublin",
  "Europe/Berlin",
  "Africa/Casablanca",
  "Africa/Monrovia",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "EST5EDT",
];

const rules = [
  "WIB-7",
  "EST5EDT,M3.2.0,M11.1.0",
  "<+0330>-3:30",
  "NZST-12NZDT,M9.5.0,M4.1.0/3",
  "IST-1GMT0,M10.5.0,M3.5.0/1",
  "CET-1CEST,M3.5.0,M10.5.0/3",
  "AAA3BBB,J60/2,300/2",
  "AAA3:30:15BBB4,59/0,J365/1",
  "IST-2IDT,M3.4.4/26,M10.5.0",
  "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
  "XXX+24",
];

const format = "%Y-%m-%d %H:%M:%S %z %Z %a %A %b %B %j %I %p %y %e %s %%";

/** Four a month, and both sides of many a change: summer time begins and ends at a full hour. */
function momentsFrom(year: number, to: number): number[] {
  const moments: number[] = [];
  for (let day = Date.UTC(year, 0, 1) / 1000; day < Date.UTC(to, 0, 1) / 1000; day += 7.25 * 86_400) {
    moments.push(day - 1, day);
  }
  return moments;
}

async function printedByC(zones: readonly string[], moments: readonly number[]) {
  const input = JSON.stringify({ zones, moments, format });
  const { stdout } = await run([python, clientProgram("strftime.py")], { input });
  return JSON.parse(stdout) as Record<string, string[]>;
}

async function compare(zones: readonly string[], moments: readonly number[]): Promise<void> {
  const expected = await printedByC(zones, moments);
  for (const zone of zones) {
    const print = compileClock(format, zone);
    expect([zone, ...moments.map((moment) => print(new Date(moment * 1000)))]).toEqual([
      zone,
      ...(expected[zone] ?? []),
    ]);
  }
}

const testPython = testWith(needs.python);
const testZoneFiles = testWith(needs.python, {
  name: "zone files",
  install: "apt-get install tzdata",
  isThere: () => existsSync("/usr/share/zoneinfo/Asia/Jakarta"),
});

describe("the time of day is what C's strftime prints", () => {
  testZoneFiles("in zones by name, in all seasons from 1901 to 2060", async () => {
    await compare(
      files,
      momentsFrom(1901, 2060).filter((_, index) => index % 7 === 0),
    );
    await compare(files, momentsFrom(2024, 2042));
  });

  // Before 1970 the GNU library knows no summer time in rules.
  testPython("in zones that a rule describes", async () => {
    await compare(rules, momentsFrom(1971, 2080));
    // Without a rule for summer time it takes that of the United States, which is today's from 2007 on.
    await compare(["EST5EDT4"], momentsFrom(2008, 2036));
  });

  testZoneFiles("in the local zone, as TZ says it", async () => {
    onTestFinished(() => setLocalZone(process.env.TZ));
    const moments = momentsFrom(2026, 2027);
    const zones = [":Asia/Jakarta", "/usr/share/zoneinfo/Europe/Dublin", "WIB-7", "EST5EDT", ""];
    const expected = await printedByC(zones, moments);
    for (const tz of zones) {
      setLocalZone(tz);
      const print = compileClock(format, "local");
      expect([tz, ...moments.map((moment) => print(new Date(moment * 1000)))]).toEqual([
        tz,
        ...(expected[tz] ?? []),
      ]);
    }
  });
});

/** What each service prints of the time of day, under this TZ. */
const lab = await startLab(
  `
services:
  time: { port: 0, threads: 2, format: "%H %Z" }
  upcall: { port: 0, events: { every: 20ms, text: "{time}" } }
`,
  { env: { TZ: "XYZ-5:30XYS,0/0,J365/23" } },
);

test("threads and the main thread have the zone of TZ", async () => {
  const zone = findZone("XYZ-5:30XYS,0/0,J365/23");
  const hourNow = () => compileClock("%H", "XYZ-5:30XYS,0/0,J365/23")(new Date());
  const abbreviation = zone(Math.floor(Date.now() / 1000)).abbreviation;
  const before = hourNow();
  const client = await RawClient.connect(lab.port("time"));
  client.write("TIME\n");
  const text = await client.text("JAM 12 XYS\n".length);
  const called = await RawClient.connect(lab.port("upcall"));
  const event = await called.text("12:00:00".length);
  const hours = [before, hourNow()];
  expect(hours.map((hour) => `JAM ${hour} ${abbreviation}\n`)).toContain(text);
  expect(hours).toContain(event.slice(0, 2));
});

test("a TZ that is not understood is refused with the reason, and nothing starts", async () => {
  const source = new URL("../../src/distsrv.ts", import.meta.url).pathname;
  const { status, stdout, stderr } = await run([process.execPath, source], {
    input: "",
    env: { TZ: "WIB7x" },
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain('the environment has TZ="WIB7x", which is unknown');
  expect(stderr).toContain("WIB-7");
});
