import { expect, test } from "bun:test";
import fc from "fast-check";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { PublishRun } from "../../../../src/roles/mqtt/wire/publish-run.ts";

function viewOf(bytes: Buffer, start: number, version: 4 | 5): PublishView {
  const frame = new Frame();
  frame.read(bytes, start, bytes.length);
  const view = new PublishView();
  view.read(bytes, start, frame.body, frame.end, version);
  return view;
}

test("each packet of a run is what it is when it is read alone, in whatever order they are asked for", () => {
  const scene = fc.record({
    version: fc.constantFrom<4 | 5>(4, 5),
    qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    topic: fc.constantFrom("t", "a/longer/topic".repeat(12)),
    size: fc.integer({ min: 0, max: 200 }),
    ids: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 6 }),
    asked: fc.array(fc.nat(), { maxLength: 12 }),
  });
  const run = new PublishRun();
  fc.assert(
    fc.property(scene, ({ version, qos, topic, size, ids, asked }) => {
      const packets = ids.map((packetId, index) =>
        encode({
          ...{ type: "publish", version, dup: false, retain: false, qos, topic, properties: {} },
          ...(qos > 0 && { packetId }),
          payload: new Uint8Array(size).fill(index),
        }),
      );
      const bytes = Buffer.concat(packets);
      const starts = packets.map((_, index) => index * packets[0]!.length);
      for (const [index, start] of starts.entries()) {
        const view = viewOf(bytes, start, version);
        if (index === 0) run.begin(view, bytes, version === 5);
        else expect(run.append(view, bytes)).toBe(true);
      }
      for (const number of asked) {
        const index = number % starts.length;
        expect(run.at(index)).toEqual(viewOf(bytes, starts[index]!, version));
      }
    }),
  );
});
