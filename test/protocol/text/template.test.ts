import { describe, expect, test } from "bun:test";
import { compileTemplate } from "../../../src/protocol/text/template.ts";

describe("a template", () => {
  test("without fields is the text itself", () => {
    expect(compileTemplate("Suhu: 28°C", []).render({})).toBe("Suhu: 28°C");
  });

  test("puts values into their fields, each as often as it is named", () => {
    const template = compileTemplate("{count}: {message}, again {message}", ["message", "count"]);
    expect(template.render({ message: "halo", count: 3 })).toBe("3: halo, again halo");
  });

  test("leaves JSON's own braces alone", () => {
    const template = compileTemplate('{"suhu": {random 28..28}, "lokasi": {"x": 1}}', []);
    expect(JSON.parse(template.render({}))).toEqual({ suhu: 28, lokasi: { x: 1 } });
  });

  test("writes a doubled field as the field's text", () => {
    expect(compileTemplate("{{count}} is {count}", ["count"]).render({ count: 7 })).toBe("{count} is 7");
  });

  test("does not read a value as a template", () => {
    expect(compileTemplate("{message}", ["message"]).render({ message: "{count} $& $1" })).toBe(
      "{count} $& $1",
    );
  });

  test("reaches both ends of a random range, and nothing beyond", () => {
    const lowest = compileTemplate("{random 20..35}", [], () => 0);
    const highest = compileTemplate("{random 20..35}", [], () => 0.999999);
    expect([lowest.render({}), highest.render({})]).toEqual(["20", "35"]);
  });

  test("gives a random number as many decimals as its bounds", () => {
    const random = () => 0.5;
    expect(compileTemplate("{random 0.0..1.0}", [], random).render({})).toBe("0.5");
    expect(compileTemplate("{random -1..-1}", [], random).render({})).toBe("-1");
    expect(compileTemplate("{random -0.25..0.25}", [], random).render({})).toBe("0.00");
  });

  test("draws anew each time", () => {
    const template = compileTemplate("{random 1..1000000}", []);
    const drawn = new Set(Array.from({ length: 20 }, () => template.render({})));
    expect(drawn.size).toBeGreaterThan(1);
  });

  test("names the fields there are when one is unknown", () => {
    expect(() => compileTemplate("Jam {tme}", ["time", "count"])).toThrow(
      "Cannot use the field {tme}: known are {time}, {count}, {random A..B}; write {{tme}} for the text itself",
    );
  });

  test("says how a range is written when one is not", () => {
    expect(() => compileTemplate("{random 20-35}", [])).toThrow("as in {random 20..35}");
    expect(() => compileTemplate("{random 35..20}", [])).toThrow("its range runs backwards");
    expect(() => compileTemplate("{count 3}", ["count"])).toThrow("write {count}");
  });

  test("does not render a field that has no value", () => {
    expect(() => compileTemplate("{time}", ["time"]).render({})).toThrow("Cannot render {time}");
  });
});
