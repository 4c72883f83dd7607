import { describe, expect, test } from "bun:test";
import { findingCodes } from "../../../src/protocol/conversation/finding.ts";
import { english } from "../../../src/report/explain/english.ts";
import { indonesian } from "../../../src/report/explain/indonesian.ts";
import { languageOf } from "../../../src/report/explain/words.ts";

// All values that any finding has.
const values = {
  reason: "R1",
  packets: 3,
  count: 4,
  port: 1883,
  state: "asking",
  side: "server",
  client: "ani",
  first: 5,
  other: 6,
  label: "PUBLISH id 7",
  waited: 1500,
  topic: "t/1",
  filters: "f/1",
  filter: "f/2",
  silence: 16,
  keepAlive: 10,
  text: "T1",
  by: "10.0.0.9",
  protocol: "MQTT",
  what: "data",
  time: 900,
  median: 2,
  to: 8,
  bytes: 9,
  linkType: 147,
  connect: 11,
  end: 12,
  publish: 13,
  subscriber: 2,
  limit: 100,
};

describe.each([
  ["English", english],
  ["Indonesian", indonesian],
])("%s", (_name, words) => {
  test.each([...findingCodes])("has a whole sentence for %s, once and often", (code) => {
    for (const count of [1, 12]) {
      const sentence = words.findings[code](values, count);
      expect(sentence).toMatch(/^[\p{Lu}"\d].*[.?]$/u);
      expect(sentence).not.toMatch(/undefined|NaN|\[object/);
    }
  });
});

describe("a capture that ends with what has no answer", () => {
  const waiting = ["half-open", "missing-ack", "unanswered"] as const;

  test.each(waiting)("has no time after it for %s, and no zero", (code) => {
    for (const words of [english, indonesian])
      for (const waited of [0, 0.0004, -3]) {
        const sentence = words.findings[code]({ ...values, waited, label: "", port: "" }, 1);
        expect(sentence).not.toMatch(/\d/);
        expect(sentence).toMatch(
          /[Tt]he capture ends right after it\.$|[Tt]angkapan berakhir tepat sesudahnya\.$/,
        );
      }
  });

  test.each(waiting)("has its real time for %s, however short", (code) => {
    for (const words of [english, indonesian])
      expect(words.findings[code]({ ...values, waited: 0.0042 }, 1)).toContain(" 4.2 µs ");
  });
});

test("a silence has no more digits than somebody reads", () => {
  for (const words of [english, indonesian])
    expect(words.findings["keep-alive-silence"]({ ...values, silence: 1.714843217 }, 1)).toContain(" 1.71 ");
});

test("half of the answers in less than the capture's clock shows are no 0.00 ms", () => {
  for (const words of [english, indonesian])
    expect(words.findings["slow-answer"]({ ...values, median: 0.0042 }, 1)).toContain(" 4.2 µs ");
});

test("both languages name the packets of a will that was published, and its topic", () => {
  const will = { topic: "status/ani", connect: 11, end: 12, publish: 13, subscriber: 2 };
  for (const words of [english, indonesian]) {
    const sentence = words.publishedWill(will);
    expect(sentence.match(/\d+/g)).toEqual(["12", "11", "13", "2"]);
    expect(sentence).toContain('"status/ani"');
    const reason = "disconnect with will";
    for (const told of [
      words.publishedWill({ ...will, reason }),
      words.findings["will-published"]({ ...values, reason }, 1),
    ]) {
      expect(told).toContain(`"${reason}"`);
      expect(told).not.toMatch(/without|tanpa/);
    }
    // A client without an identifier has no name.
    expect(words.findings["will-published"]({ ...values, client: "" }, 1)).not.toContain('""');
  }
});

test("RST in the middle is another sentence than RST after a FIN", () => {
  for (const words of [english, indonesian]) {
    const sentences = ["", "FIN"].map((after) => words.findings.reset({ ...values, after }, 1));
    expect(new Set(sentences).size).toBe(2);
  }
});

test("both languages say the same values of a finding", () => {
  const numbers = (text: string) => (text.match(/\d+(?:\.\d+)?/g) ?? []).toSorted();
  for (const code of findingCodes) {
    expect(numbers(indonesian.findings[code](values, 12))).toEqual(
      numbers(english.findings[code](values, 12)),
    );
    expect(indonesian.findings[code](values, 12)).not.toBe(english.findings[code](values, 12));
  }
});

test("LC_ALL is before LC_MESSAGES and LANG, and only Indonesian is Indonesian", () => {
  expect(languageOf({ LC_ALL: "en_US.UTF-8", LANG: "id_ID.UTF-8" })).toBe("en");
  expect(languageOf({ LC_MESSAGES: "id_ID", LANG: "en_US" })).toBe("id");
  expect(languageOf({ LANG: "id" })).toBe("id");
  expect(languageOf({ LC_ALL: "", LANG: "ido" })).toBe("en");
  expect(languageOf({})).toBe("en");
});

test("the commands that a capture ends with work with any file", () => {
  for (const { live } of [english, indonesian]) {
    expect(live.story("minggu 3.pcapng")).toContain("distcli explain 'minggu 3.pcapng', ");
    expect(live.story("minggu 3.pcapng")).toContain("distcli report 'minggu 3.pcapng' -o ");
    expect(live.script("minggu 3.pcapng", "minggu 3.lua")).toContain(
      "wireshark -X 'lua_script:minggu 3.lua' 'minggu 3.pcapng'",
    );
  }
});
