import { describe, expect, test } from "bun:test";
import { readOptions } from "./options.ts";

describe("the arguments of the bench", () => {
  test("without arguments everything is measured", () => {
    expect(readOptions([])).toEqual({
      names: [],
      full: false,
      list: false,
      rounds: 5,
      seconds: 2,
      json: false,
      binary: undefined,
      peers: [],
    });
  });

  test("names, rounds, seconds, --full and running brokers are accepted", () => {
    const line = "mqtt --rounds 3 --seconds 0.5 --peer flashmq=1884 --peer emqx=1885 --full --json";
    expect(readOptions(line.split(" "))).toMatchObject({
      names: ["mqtt"],
      full: true,
      rounds: 3,
      seconds: 0.5,
      json: true,
      peers: [
        { name: "flashmq", port: 1884 },
        { name: "emqx", port: 1885 },
      ],
    });
  });

  test.each([
    ["--rounds 2.5", '--rounds must be a whole number above 0, and is "2.5"'],
    ["--rounds 0", '--rounds must be a whole number above 0, and is "0"'],
    ["--seconds long", '--seconds must be a number above 0, and is "long"'],
    ["--peer 1884", '--peer must be NAME=PORT, such as flashmq=1884, and is "1884"'],
    ["--peer flashmq=70000", '--peer must be NAME=PORT, such as flashmq=1884, and is "flashmq=70000"'],
  ])("%s is refused, and the error says what would be valid", (line, message) => {
    expect(() => readOptions(line.split(" "))).toThrow(message);
  });
});
