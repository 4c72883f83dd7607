import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { madePrivately } from "../../src/net/unix-socket.ts";
import { scratchFolder } from "../support/scratch.ts";

test.skipIf(process.platform === "win32")(
  "a socket is its owner's alone from its first moment, and the umask is what it was, also after a failure",
  () => {
    const path = join(scratchFolder("unix-socket"), "socket");
    const before = process.umask(0);
    try {
      const listener = madePrivately(() => Bun.listen({ unix: path, socket: { data() {} } }));
      expect(statSync(path).mode & 0o777).toBe(0o600);
      listener.stop(true);
      expect(process.umask()).toBe(0);
      const fails = () =>
        madePrivately(() => {
          throw new Error("taken");
        });
      expect(fails).toThrow("taken");
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  },
);
