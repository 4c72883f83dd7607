import { expect, test } from "bun:test";
import { fstatSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { PacketFile } from "../../src/observe/packet-file.ts";
import { enhancedPacket } from "../../src/protocol/capture/pcapng-writer.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

const packet = enhancedPacket({
  ...{ interface: 0, way: "in", seconds: 1, nanoseconds: 2 },
  bytes: new Uint8Array(100),
  originalLength: 100,
});

/** A file on a disk with so much room. */
function fileWith(room: number) {
  const path = join(scratchFolder("packets"), "lab.pcapng");
  const fd = openSync(path, "w");
  const disk = { room };
  const failures: string[] = [];
  const file = new PacketFile({
    ...{ fd, name: path, onFailure: (why: string) => void failures.push(why) },
    write: (to, bytes, done) => {
      const taken = Math.min(bytes.length, disk.room);
      disk.room -= taken;
      if (taken > 0) writeSync(to, bytes, 0, taken);
      setImmediate(() => (taken > 0 ? done(null, taken) : done(full, 0)));
    },
  });
  return { file, fd, path, disk, failures };
}

/** Its number may be that of another file at once: other tests are in this process. */
const isClosed = (fd: number, path: string): boolean => {
  try {
    return fstatSync(fd).ino !== statSync(path).ino;
  } catch {
    return true;
  }
};

test("all of it is written, and its end after it", async () => {
  const { file, fd, path } = fileWith(1_000_000);
  for (let count = 0; count < 3; count++) expect(file.write(packet)).toBe(true);
  await file.finish(Uint8Array.of(1, 2, 3, 4));
  expect(readFileSync(path).length).toBe(3 * packet.length + 4);
  expect([file.size, file.lostPackets, isClosed(fd, path)]).toEqual([3 * packet.length + 4, 0, true]);
});

test("it waits for a disk that is full, and ends once there is room", async () => {
  const { file, path, disk, failures } = fileWith(packet.length + 10);
  for (let count = 0; count < 3; count++) file.write(packet);
  const finished = file.finish(new Uint8Array(0));
  await until(() => failures.length > 0);
  disk.room = 1_000_000;
  await finished;
  expect([readFileSync(path).length, file.lostPackets]).toEqual([3 * packet.length, 0]);
});

test("one that is given up ends where a block does, and the rest is counted once", async () => {
  const { file, fd, path, failures } = fileWith(packet.length + 10);
  for (let count = 0; count < 3; count++) file.write(packet);
  const finished = file.finish(new Uint8Array(0));
  await until(() => failures.length > 0);
  file.abandon();
  file.abandon();
  await finished;
  expect(file.write(packet)).toBe(false);
  expect([readFileSync(path).length, file.lostPackets, isClosed(fd, path)]).toEqual([packet.length, 2, true]);
});

test("one of which everything is written has nothing to give up", async () => {
  const { file, fd, path } = fileWith(1_000_000);
  file.write(packet);
  await file.flush();
  file.abandon();
  file.write(packet);
  await file.finish(new Uint8Array(0));
  expect([readFileSync(path).length, file.lostPackets, isClosed(fd, path)]).toEqual([
    2 * packet.length,
    0,
    true,
  ]);
});
