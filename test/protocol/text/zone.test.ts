import { describe, expect, onTestFinished, test } from "bun:test";
import fc from "fast-check";
import { findZone, setLocalZone } from "../../../src/protocol/text/zone/find-zone.ts";
import { posixZone } from "../../../src/protocol/text/zone/posix-zone.ts";
import { readZoneFile } from "../../../src/protocol/text/zone/zone-file.ts";

const at = (text: string) => Date.parse(text) / 1000;

describe("posixZone", () => {
  test("knows both sides of both changes, to the second", () => {
    const zone = posixZone("EST5EDT,M3.2.0,M11.1.0")!;
    expect(zone(at("2026-03-08T06:59:59Z"))).toEqual({ offset: -18_000, abbreviation: "EST" });
    expect(zone(at("2026-03-08T07:00:00Z"))).toEqual({ offset: -14_400, abbreviation: "EDT" });
    expect(zone(at("2026-11-01T05:59:59Z"))).toEqual({ offset: -14_400, abbreviation: "EDT" });
    expect(zone(at("2026-11-01T06:00:00Z"))).toEqual({ offset: -18_000, abbreviation: "EST" });
  });

  test("counts the 29th of February in n, and not in Jn", () => {
    const zone = posixZone("AAA0BBB,59/0,J60/0")!;
    // Day 59 is the 29th of February of a leap year; J60 is the first of March of every year.
    expect(zone(at("2028-02-28T23:59:59Z")).abbreviation).toBe("AAA");
    expect(zone(at("2028-02-29T00:00:00Z")).abbreviation).toBe("BBB");
    expect(zone(at("2028-02-29T23:00:00Z")).abbreviation).toBe("AAA");
  });

  test.each([
    "",
    "WIB",
    "WI-7",
    "-7",
    "WIB-",
    "WIB-168",
    "WIB-7:60",
    "WIB7x",
    "<WIB-7",
    "EST5EDT,M3.2.0",
    "EST5EDT,M13.1.0,M1.1.0",
    "EST5EDT,J0,J1",
    "EST5EDT,366,1",
    "EST5EDT,M3.6.0,M11.1.0",
    "Mars/Base",
  ])("%j is not of its form", (text) => {
    expect(posixZone(text)).toBeUndefined();
  });
});

/** A version 2 file without transitions: one time, and a rule. */
function zoneFile(rule: string): Buffer {
  const block = (texts: string) => {
    const head = Buffer.alloc(44);
    head.write("TZif2");
    head.writeUInt32BE(1, 36);
    head.writeUInt32BE(texts.length, 40);
    const kind = Buffer.alloc(6);
    kind.writeInt32BE(3600, 0);
    return Buffer.concat([head, kind, Buffer.from(texts)]);
  };
  return Buffer.concat([block("OLD\0"), block("OLD\0"), Buffer.from(`\n${rule}\n`)]);
}

describe("readZoneFile", () => {
  test("takes the rule for the time after the last change, and the only time without one", () => {
    expect(readZoneFile(zoneFile("WIB-7"))(0)).toEqual({ offset: 25_200, abbreviation: "WIB" });
    expect(readZoneFile(zoneFile(""))(0)).toMatchObject({ offset: 3600, abbreviation: "OLD" });
  });

  test("refuses whatever is no zone file, at any length", () => {
    const whole = zoneFile("WIB-7");
    expect(() => readZoneFile(Buffer.from("#!/bin/sh".padEnd(100)))).toThrow("is no zone file");
    for (let length = 0; length < whole.length - 7; length++) {
      expect(() => readZoneFile(whole.subarray(0, length))).toThrow("zone file");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          readZoneFile(Buffer.concat([Buffer.from("TZif2"), bytes]))(0);
        } catch (error) {
          expect(String(error)).toContain("zone file");
        }
      }),
    );
  });
});

describe("findZone", () => {
  test("takes names in any case, and offsets, as the runtime does", () => {
    expect(findZone("asia/jakarta")(0).offset).toBe(25_200);
    expect(findZone("+07:00")(0)).toEqual({ offset: 25_200, abbreviation: "+07" });
    expect(findZone("-03:30")(0)).toEqual({ offset: -12_600, abbreviation: "-0330" });
    expect(findZone("utc")(0)).toEqual({ offset: 0, abbreviation: "UTC" });
  });

  test.each(["Mars/Base", "WIB", "../../../etc/passwd", "/etc/passwd", "Asia", "", "Asia/Jakarta\0"])(
    "%j is refused, and the error says what would be right",
    (name) => {
      expect(() => findZone(name)).toThrow(
        `names the unknown zone ${JSON.stringify(name)}; use a name such as Asia/Jakarta or UTC`,
      );
    },
  );

  test("the local zone of a TZ that is not understood is refused with its value", () => {
    onTestFinished(() => setLocalZone(process.env.TZ));
    for (const tz of ["WIB7x", "Mars/Base", "/etc/passwd", "/nowhere"]) {
      setLocalZone(tz);
      expect(() => findZone("local")).toThrow(
        `TZ=${JSON.stringify(tz)}, which is unknown; set it to a name such as`,
      );
    }
    setLocalZone("");
    expect(findZone("local")(0)).toEqual({ offset: 0, abbreviation: "UTC" });
  });
});
