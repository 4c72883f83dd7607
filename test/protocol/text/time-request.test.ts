import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type TimeRequest, TimeRequestReader } from "../../../src/protocol/text/time-request.ts";

function read(...chunks: string[]): string[] {
  const reader = new TimeRequestReader();
  const seen = chunks.flatMap((chunk) => [...reader.read(Buffer.from(chunk, "latin1"))]);
  return [...seen, ...reader.flush()].map(({ kind, end }) => kind + JSON.stringify(end));
}

describe("TimeRequestReader", () => {
  test("a bare word is a request, whatever comes before or after it", () => {
    expect(read("TIME")).toEqual(['time""']);
    expect(read("TIME", "TIME", "QUIT")).toEqual(['time""', 'time""', 'quit""']);
    expect(read("FOO", "TIME")).toEqual(['invalid""', 'time""']);
  });

  test("a request's bytes are those that came, in whatever pieces", () => {
    const stream = "TIME\r\nFOO bar\nTI\rQUIT\n\nTIMES";
    for (const size of [1, 2, 3, 5, 100]) {
      const reader = new TimeRequestReader();
      const shown: string[] = [];
      const note = (requests: Iterable<TimeRequest>) => {
        for (const { kind, end } of requests)
          shown.push(kind === "end" ? end : Buffer.from(reader.bytes).toString("latin1"));
      };
      for (let at = 0; at < stream.length; at += size)
        note(reader.read(Buffer.from(stream.slice(at, at + size))));
      note(reader.flush());
      // A line end may come when its request has been answered; its \r may have come before.
      expect(shown.join("").replaceAll("\r", "")).toBe(stream.replaceAll("\r", ""));
    }
    const reader = new TimeRequestReader();
    reader.readAlone(Buffer.from("TIME\r\n"));
    expect(Buffer.from(reader.bytes).toString()).toBe("TIME\r\n");
  });

  test("a line ends as it ended", () => {
    expect(read("TIME\r\n")).toEqual(['time"\\r\\n"']);
    expect(read("TIME\n")).toEqual(['time"\\n"']);
    expect(read("nope\r\n")).toEqual(['invalid"\\r\\n"']);
    expect(read("QUIT\r\n")).toEqual(['quit"\\r\\n"']);
  });

  test("each line of a chunk is what the word in it is", () => {
    const word = fc.constantFrom(
      "TIME",
      "QUIT",
      "",
      "T",
      "TIM",
      "TIMES",
      "time",
      "QUITTIME",
      "TI\r",
      "\r",
      "TIM\r\r",
    );
    const line = fc.tuple(word, fc.constantFrom("\n", "\r\n"));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const chunk = lines.map(([text, end]) => text + end).join("");
        const kinds: Record<string, string> = { TIME: "time", QUIT: "quit" };
        const expected = lines.map(([text, end]) => {
          // A line that ends in \r\n has one \r of that end, whatever stands before it.
          const [bare, realEnd] =
            text.endsWith("\r") && end === "\n" ? [text.slice(0, -1), "\r\n"] : [text, end];
          return (kinds[bare] ?? "invalid") + JSON.stringify(realEnd);
        });
        expect(read(chunk)).toEqual(expected);
      }),
    );
  });

  test("a request split over segments is put together, byte by byte if need be", () => {
    expect(read("TI", "ME\r\n")).toEqual(['time"\\r\\n"']);
    expect(read("TI", "ME")).toEqual(['time""']);
    expect(read("QU", "I", "T\n")).toEqual(['quit"\\n"']);
    expect(read("TIME\r", "\n")).toEqual(['time"\\r\\n"']);
  });

  test("a line end that comes after its request was answered completes the reply", () => {
    expect(read("TIME", "\r\n", "TIME")).toEqual(['time""', 'end"\\r\\n"', 'time""']);
    expect(read("T", "I", "M", "E", "\r", "\n", "T")).toEqual(['time""', 'end"\\r\\n"', 'invalid""']);
    expect(read("FOO", "\nTIME\n")).toEqual(['invalid""', 'end"\\n"', 'time"\\n"']);
  });

  test("several requests in one segment are answered in order", () => {
    expect(read("TIME\r\nTIME\nFOO\nTIME")).toEqual(['time"\\r\\n"', 'time"\\n"', 'invalid"\\n"', 'time""']);
  });

  test.each(["time", " TIME", "TIMETIME", "TIME ", "TIME\r\r\n", "\r\n", "\n", "\xff\xfe", "TIME\0"])(
    "%j is not a request",
    (text) => {
      expect(read(text).map((request) => request.slice(0, 7))).toEqual(["invalid"]);
    },
  );

  test("an over-long line is one invalid request and keeps nothing", () => {
    const reader = new TimeRequestReader();
    expect([...reader.read(Buffer.alloc(1_000_000, "A"))]).toEqual([{ kind: "invalid", end: "" }]);
    expect(reader.isWaiting).toBe(false);
  });

  test("lines give the same requests however they are cut into segments, as long as no line is cut in two unknown halves", () => {
    const line = fc.constantFrom("TIME\r\n", "QUIT\n", "TIME\n");
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat(40), { maxLength: 10 }),
        (lines, cuts) => {
          const text = lines.join("");
          const marks = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort(
            (x, y) => x - y,
          );
          const chunks = marks.slice(1).map((mark, i) => text.slice(marks[i], mark));
          // A line end that came late is reported apart from its request: join the two again.
          const joined: string[] = [];
          for (const request of read(...chunks)) {
            if (request.startsWith("end")) joined.push((joined.pop() ?? "").replace('""', request.slice(3)));
            else joined.push(request);
          }
          expect(joined).toEqual(read(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(["TIME", "TIME\n", "TIME\r\n"])(
    "%j alone in its chunk is read the same by both methods",
    (text) => {
      const [alone, any] = [new TimeRequestReader(), new TimeRequestReader()];
      const request = alone.readAlone(Buffer.from(text));
      expect([request]).toEqual([...any.read(Buffer.from(text))]);
      // ... and both know afterwards whether a line end may still come.
      expect([...alone.read(Buffer.from("\r\n"))]).toEqual([...any.read(Buffer.from("\r\n"))]);
    },
  );

  test.each(["TIM", "QUIT", "TIME\r", "TIMES", "TIME\rX", "time\r\n", "\r\nTIME", "TIME\r\nT"])(
    "%j is not a TIME request alone in its chunk",
    (text) => {
      expect(new TimeRequestReader().readAlone(Buffer.from(text))).toBeUndefined();
    },
  );

  test("a chunk that ends a kept start is no request alone", () => {
    const reader = new TimeRequestReader();
    expect([...reader.read(Buffer.from("TI"))]).toEqual([]);
    expect(reader.readAlone(Buffer.from("TIME"))).toBeUndefined();
  });
});
