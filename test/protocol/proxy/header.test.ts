import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { maxProxyHeader, type ProxyHeader, readProxyHeader } from "../../../src/protocol/proxy/header.ts";

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** A header of version 2, with a length that is right unless another one is given. */
function version2(
  versionAndCommand: number,
  familyAndTransport: number,
  body: Uint8Array = new Uint8Array(),
  length = body.length,
): Buffer {
  const head = Buffer.from([versionAndCommand, familyAndTransport, length >> 8, length & 0xff]);
  return Buffer.concat([signature, head, body]);
}

const ipv4Body = Buffer.from([192, 0, 2, 7, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb]);
const ipv6Body = Buffer.from(
  "20010db800000000000000000000000720010db8000000000000000000000001dc0401bb",
  "hex",
);
/** An extension (TLV): PP2_TYPE_AUTHORITY with "lab". */
const extension = Buffer.from([0x02, 0, 3, 0x6c, 0x61, 0x62]);

const source = { host: "192.0.2.7", port: 56_324 };
const source6 = { host: "2001:db8::7", port: 56_324 };

const complete: readonly (readonly [string, Buffer, object | undefined])[] = [
  ["v1 TCP4", Buffer.from("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"), source],
  ["v1 TCP6", Buffer.from("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n"), source6],
  ["v1 TCP6 in capitals", Buffer.from("PROXY TCP6 2001:DB8::7 ::1 56324 443\r\n"), source6],
  ["v1 TCP6 with IPv4 inside", Buffer.from("PROXY TCP6 ::ffff:192.0.2.7 ::1 56324 443\r\n"), source],
  ["v1 port 0", Buffer.from("PROXY TCP4 192.0.2.7 192.0.2.1 0 65535\r\n"), { host: "192.0.2.7", port: 0 }],
  ["v1 UNKNOWN", Buffer.from("PROXY UNKNOWN\r\n"), undefined],
  ["v1 UNKNOWN with whatever", Buffer.from("PROXY UNKNOWN ffff::1 nonsense 1 2 3\r\n"), undefined],
  ["v1 of 107 bytes", Buffer.from(`PROXY UNKNOWN ${"x".repeat(91)}\r\n`), undefined],
  ["v2 TCP over IPv4", version2(0x21, 0x11, ipv4Body), source],
  ["v2 UDP over IPv4", version2(0x21, 0x12, ipv4Body), source],
  ["v2 TCP over IPv6", version2(0x21, 0x21, ipv6Body), source6],
  ["v2 with extensions", version2(0x21, 0x11, Buffer.concat([ipv4Body, extension, extension])), source],
  [
    "v2 with an empty extension",
    version2(0x21, 0x11, Buffer.concat([ipv4Body, Buffer.from([4, 0, 0])])),
    source,
  ],
  ["v2 Unix socket", version2(0x21, 0x31, Buffer.alloc(216, "/run/x")), undefined],
  ["v2 UNSPEC", version2(0x21, 0x00), undefined],
  ["v2 UNSPEC with whatever", version2(0x21, 0x00, Buffer.from([1, 2, 3])), undefined],
  ["v2 LOCAL", version2(0x20, 0x00), undefined],
  ["v2 LOCAL with addresses", version2(0x20, 0x11, ipv4Body), undefined],
  ["v2 LOCAL of an unknown family", version2(0x20, 0xff, Buffer.from([1])), undefined],
  ["v2 of the longest form", version2(0x20, 0x00, Buffer.alloc(maxProxyHeader - 16)), undefined],
];

describe("a header of the PROXY protocol is read", () => {
  for (const [name, bytes, from] of complete) {
    test(`${name}, whatever comes behind it`, () => {
      const expected = { kind: "complete", length: bytes.length, source: from } as ProxyHeader;
      expect(readProxyHeader(bytes)).toEqual(expected);
      expect(readProxyHeader(Buffer.concat([bytes, bytes]))).toEqual(expected);
      expect(readProxyHeader(Buffer.concat([bytes, Buffer.from([0x16, 3, 1])]))).toEqual(expected);
    });

    test(`${name}, cut at every byte`, () => {
      for (let end = 0; end < bytes.length; end++) {
        expect([end, readProxyHeader(bytes.subarray(0, end)).kind]).toEqual([end, "partial"]);
      }
    });
  }
});

const tooLong = `PROXY UNKNOWN ${"x".repeat(92)}`;

const invalid: readonly (readonly [string, Buffer, RegExp])[] = [
  ["an MQTT CONNECT", Buffer.from([0x10, 0x0c, 0, 4]), /does not begin with a header/],
  ["a TLS ClientHello", Buffer.from([0x16, 3, 1]), /does not begin/],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n"), /does not begin/],
  ["an HTTP request that begins alike", Buffer.from("PROPFIND / HTTP/1.1\r\n"), /does not begin/],
  ["lower case", Buffer.from("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"), /does not begin/],
  ["no CR", Buffer.from("PROXY UNKNOWN\n"), /CR LF/],
  ["a line feed at once", Buffer.from("PROXY \n"), /CR LF/],
  ["a line of 108 bytes", Buffer.from(`${tooLong}\r\n`), /within 107 bytes/],
  ["a line that goes on", Buffer.from(`PROXY UNKNOWN ${"x".repeat(500)}`), /within 107 bytes/],
  ["another family", Buffer.from("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"), /must be like PROXY TCP4/],
  ["a name that only begins with UNKNOWN", Buffer.from("PROXY UNKNOWNS\r\n"), /must be like/],
  ["no port", Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), /must be like/],
  ["one word too many", Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), /must be like/],
  ["two spaces", Buffer.from("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"), /must be like/],
  ["a leading zero in the port", Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"), /must be like/],
  ["a port of 65536", Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), /must be like/],
  ["a sign before the port", Buffer.from("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n"), /must be like/],
  ["IPv6 in TCP4", Buffer.from("PROXY TCP4 ::1 ::1 1 2\r\n"), /must be like/],
  ["IPv4 in TCP6", Buffer.from("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"), /must be like/],
  ["a zone", Buffer.from("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n"), /must be like/],
  ["a wrong destination", Buffer.from("PROXY TCP4 1.2.3.4 x 1 2\r\n"), /must be like/],
  ["version 1 in the binary header", version2(0x11, 0x11, ipv4Body), /is of version 1/],
  ["version 3", version2(0x31, 0x11, ipv4Body), /is of version 3/],
  ["another command", version2(0x22, 0x11, ipv4Body), /has the command 2/],
  ["another family", version2(0x21, 0x41, ipv4Body), /0x41/],
  ["another transport", version2(0x21, 0x13, ipv4Body), /0x13/],
  [
    "too few bytes for IPv4",
    version2(0x21, 0x11, ipv4Body.subarray(1)),
    /11 bytes for addresses that take 12/,
  ],
  ["too few bytes for IPv6", version2(0x21, 0x21, ipv4Body), /take 36/],
  [
    "an extension past the end",
    version2(0x21, 0x11, Buffer.concat([ipv4Body, Buffer.from([1, 0, 9])])),
    /extension/,
  ],
  ["half of an extension", version2(0x21, 0x11, Buffer.concat([ipv4Body, Buffer.from([1, 0])])), /extension/],
  [
    "a length that is too large",
    version2(0x21, 0x11, ipv4Body, maxProxyHeader - 15),
    /537 bytes, and may have 536/,
  ],
  ["a length of 65535", version2(0x20, 0, ipv4Body, 0xffff), /65551 bytes/],
];

describe("a header of the PROXY protocol is refused", () => {
  for (const [name, bytes, why] of invalid) {
    test(name, () => {
      const header = readProxyHeader(bytes);
      expect(header.kind).toBe("invalid");
      expect((header as { why: string }).why).toMatch(why);
    });
  }

  test("at the first byte that cannot belong to one", () => {
    for (const [, good] of complete) {
      for (let at = 0; at < 6; at++) {
        const bytes = Buffer.from(good.subarray(0, at + 1));
        bytes[at] = (bytes[at] ?? 0) ^ 0x80;
        expect(readProxyHeader(bytes).kind).toBe("invalid");
      }
    }
  });
});

test("bytes of any kind never crash the reader, and never make it wait past the limit", () => {
  const starts = [Buffer.alloc(0), Buffer.from("PROXY "), Buffer.from("PROXY TCP4 "), signature];
  const bytes = fc
    .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 600 }))
    .map(([start, rest]) => Buffer.concat([start, rest]));
  fc.assert(
    fc.property(bytes, (all) => {
      const header = readProxyHeader(all);
      if (header.kind === "complete")
        expect(header.length).toBeLessThanOrEqual(Math.min(all.length, maxProxyHeader));
      if (all.length >= maxProxyHeader) expect(header.kind).not.toBe("partial");
    }),
    { numRuns: 2000 },
  );
});

test("a good header in which one byte is another never crashes, and never gains a byte", () => {
  for (const [, good] of complete.filter(([, bytes]) => bytes.length < 300)) {
    for (let at = 0; at < good.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const header = readProxyHeader(bytes);
        if (header.kind === "complete") expect(header.length).toBeLessThanOrEqual(bytes.length);
      }
    }
  }
});
