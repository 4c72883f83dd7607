import { expect, test } from "bun:test";
import fc from "fast-check";
import { ChunkedReader } from "../../../src/protocol/http/chunked-reader.ts";
import { HttpError } from "../../../src/protocol/http/http-error.ts";

/** Reads pieces as they come. */
function read(...pieces: readonly (string | Uint8Array)[]) {
  let data = "";
  const reader = new ChunkedReader((bytes) => {
    data += Buffer.from(bytes).toString("latin1");
  });
  const used = pieces.reduce((sum: number, piece) => sum + reader.read(Buffer.from(piece)), 0);
  return { data, used, isDone: reader.isDone };
}

test.each([
  ["5\r\nhello\r\n0\r\n\r\n", "hello"],
  ["0\r\n\r\n", ""],
  ["0005;name=value\r\nhello\r\n000\r\n\r\n", "hello"],
  ['5 \t;a="b c"\r\nhello\r\n0\r\n\r\n', "hello"],
  ["A\r\n0123456789\r\na\r\n0123456789\r\n0\r\nTrailer: x\r\nOther:y\r\n\r\n", "01234567890123456789"],
])("%j is read, and what follows it is left alone", (body, data) => {
  expect(read(`${body}GET /`)).toEqual({ data, used: body.length, isDone: true });
});

for (const body of [
  "\r\n",
  " 5\r\nhello\r\n",
  "5 \r\nhello\r\n",
  "5 a\r\nhello\r\n",
  "-5\r\nhello",
  "+5\r\nhello",
  "0x5\r\nhello",
  "5,\r\nhello",
  "5\nhello\n0\n\n",
  "5\r\rhello",
  "5;a\nb\r\nhello\r\n",
  "5;a\0\r\nhello\r\n",
  "5\r\nhello0\r\n\r\n",
  "5\r\nhello\n0\r\n\r\n",
  "5\r\nhell\r\n0\r\n\r\n",
  "10000000000000000\r\n",
  "0\r\nTrailer : x\r\n\r\n",
  "0\r\n folded\r\n\r\n",
  "0\r\nTrailer: \0\r\n\r\n",
  "0\r\nTrailer: x\n\r\n",
  "0\r\n\rx",
  "0\r\n:\r\n\r\n",
  `5;${"a".repeat(9000)}\r\nhello\r\n`,
  `0\r\n${"Trailer: x\r\n".repeat(1000)}\r\n`,
]) {
  test(`${JSON.stringify(body).slice(0, 60)} is refused`, () => {
    expect(() => read(body)).toThrow(HttpError);
    expect(() => read(...body)).toThrow(HttpError);
  });
}

test("it says where the trailers begin, of the bytes that it read last", () => {
  const [before, trailers] = ["3\r\nabc\r\n0;x\r\n", "A: b\r\n\r\n"];
  const reader = new ChunkedReader(() => {});
  reader.read(Buffer.from(before + trailers));
  expect(reader.trailersAt).toBe(before.length);
  const other = new ChunkedReader(() => {});
  other.read(Buffer.from(before.slice(0, -1)));
  expect(other.trailersAt).toBe(before.length - 1);
  other.read(Buffer.from(`\n${trailers.slice(0, 3)}`));
  expect(other.trailersAt).toBe(1);
  other.read(Buffer.from(trailers.slice(3)));
  expect(other.trailersAt).toBe(0);
});

test("any data in any chunks, cut anywhere, comes out whole", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 10 }),
      (chunks, cuts) => {
        const body = Buffer.concat([
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.length.toString(16)}\r\n`),
            chunk,
            Buffer.from("\r\n"),
          ]),
          Buffer.from("0\r\n\r\n"),
        ]);
        const places = [
          0,
          ...cuts.map((cut) => cut % (body.length + 1)).sort((one, other) => one - other),
          body.length,
        ];
        const pieces = places.slice(1).map((end, index) => body.subarray(places[index], end));
        expect(read(...pieces)).toEqual({
          data: Buffer.concat(chunks).toString("latin1"),
          used: body.length,
          isDone: true,
        });
      },
    ),
  );
});
