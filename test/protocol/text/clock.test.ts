import { describe, expect, onTestFinished, test } from "bun:test";
import { asctimeFormat, compileClock } from "../../../src/protocol/text/clock.ts";
import { setLocalZone } from "../../../src/protocol/text/zone/find-zone.ts";

const moment = new Date("2026-11-05T23:12:01.999Z");

describe("compileClock", () => {
  test.each([
    ["%H:%M:%S", "UTC", "23:12:01"],
    ["%H:%M:%S", "Asia/Jakarta", "06:12:01"],
    [asctimeFormat, "UTC", "Thu Nov  5 23:12:01 2026"],
    [asctimeFormat, "Asia/Jakarta", "Fri Nov  6 06:12:01 2026"],
    ["%I:%M %p, %A %d %B %Y (%y), day %j", "UTC", "11:12 PM, Thursday 05 November 2026 (26), day 309"],
    ["%e|%d|%m|%b", "UTC", " 5|05|11|Nov"],
    ["%z %Z", "Asia/Kolkata", "+0530 IST"],
    ["%z %Z", "America/St_Johns", "-0330 NST"],
    ["%z %Z", "UTC", "+0000 UTC"],
    ["%z %Z", "Asia/Jakarta", "+0700 WIB"],
    ["%z %Z", "WIB-7", "+0700 WIB"],
    ["%s %%H 100%%", "UTC", "1793920321 %H 100%"],
    ["", "UTC", ""],
  ])("%j in %s prints %j", (format, zone, text) => {
    expect(compileClock(format, zone)(moment)).toBe(text);
  });

  test("midnight is hour 00, and 12 AM; noon is 12 PM", () => {
    const print = compileClock("%H %I %p", "UTC");
    expect(print(new Date("2026-01-01T00:00:00Z"))).toBe("00 12 AM");
    expect(print(new Date("2026-01-01T12:00:00Z"))).toBe("12 12 PM");
  });

  test("local is the zone of TZ", () => {
    setLocalZone("Asia/Jakarta");
    onTestFinished(() => setLocalZone(process.env.TZ));
    const here = "Asia/Jakarta";
    const format = "%Y-%m-%d %H:%M:%S %z %a %j";
    expect(compileClock(format, "local")(moment)).toBe(compileClock(format, here)(moment));
  });
});
