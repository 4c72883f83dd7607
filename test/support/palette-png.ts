import { crc32, deflateSync, inflateSync } from "node:zlib";

/** The pixels of a picture, three or four bytes each. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Bytes a pixel. */
  readonly step: number;
  readonly data: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const maxColours = 256;

/** A screenshot as a PNG of at most 256 colours: a third of the size, and of a page one sees no difference. */
export function paletted(png: Buffer): Buffer {
  const { width, height, step, data } = decode(png);
  const pixels = new Uint32Array(width * height);
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = (data[at * step]! << 16) | (data[at * step + 1]! << 8) | data[at * step + 2]!;
  const palette = paletteOf(pixels);
  const nearest = nearestIn(palette);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest(pixels[y * width + x]!);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap(channels));
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const channels = (colour: number): [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255,
];

function distance(a: number, b: number): number {
  const [one, other] = [channels(a), channels(b)];
  return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2;
}

/** So many colours fill areas, and however similar they are they stay: a tint must not become its neighbour. */
const areas = 100;

/** The most frequent colours; those of edges and letters only where no other is close. */
function paletteOf(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  if (byCount.length <= maxColours) return byCount;
  for (let least = 24; ; least += 24) {
    const chosen = byCount.slice(0, areas);
    for (const colour of byCount.slice(areas)) {
      if (chosen.length > maxColours) break;
      if (chosen.every((other) => distance(colour, other) >= least)) chosen.push(colour);
    }
    if (chosen.length <= maxColours) return chosen;
  }
}

function nearestIn(palette: readonly number[]): (colour: number) => number {
  const known = new Map(palette.map((colour, index) => [colour, index]));
  return (colour) => {
    let found = known.get(colour);
    if (found !== undefined) return found;
    const distances = palette.map((each) => distance(each, colour));
    found = distances.indexOf(Math.min(...distances));
    known.set(colour, found);
    return found;
  };
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Reads what Chromium writes: eight bits a channel, not interlaced. PNG (third edition), section 9. */
function decode(png: Buffer): Pixels {
  const parts: Buffer[] = [];
  for (let at = signature.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const step = png[25] === 6 ? 4 : 3;
  const line = width * step;
  const raw = inflateSync(Buffer.concat(parts));
  const data = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)]!;
    for (let x = 0; x < line; x++) {
      const here = y * line + x;
      const left = x >= step ? data[here - step]! : 0;
      const above = y > 0 ? data[here - line]! : 0;
      const corner = x >= step && y > 0 ? data[here - line - step]! : 0;
      data[here] = raw[y * (line + 1) + 1 + x]! + predicted(filter, left, above, corner);
    }
  }
  return { width, height, step, data };
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  return filter === 4 ? paeth(left, above, corner) : 0;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
