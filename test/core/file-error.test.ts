import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "../../src/core/file-error.ts";
import { scratchFolder } from "../support/scratch.ts";

const folder = scratchFolder("file-error");
const file = join(folder, "lab.pcapng");

const failed = (code: string) => Object.assign(new Error(`${code}: what the system says`), { code });

test("a folder that is not there is named, with what would be right", () => {
  expect(describeFileError(join(folder, "none", "lab.pcapng"), failed("ENOENT"))).toBe(
    `there is no folder ${folder}/none: make it, or name a file in another one`,
  );
  writeFileSync(join(folder, "text"), "");
  expect(describeFileError(join(folder, "text", "lab.pcapng"), failed("ENOTDIR"))).toBe(
    `${folder}/text is no folder`,
  );
});

test("where it is not the folder that is missing, the system's words stay", () => {
  expect(describeFileError(file, failed("ENOENT"))).toBe("ENOENT: what the system says");
  expect(describeFileError(file, failed("ENOSPC"))).toBe("ENOSPC: what the system says");
  expect(describeFileError(file, new Error("a file that is no capture has this name"))).toBe(
    "a file that is no capture has this name",
  );
});

test("a folder that may not be written to is named, and the one that may be, where that is known", () => {
  expect(describeFileError(file, failed("EACCES"))).toBe(
    `EACCES: what the system says: who runs this must be allowed to write to the folder ${folder}`,
  );
  expect(describeFileError(file, failed("EROFS"))).toBe(
    `the folder ${folder} may only be read: name a file in another one`,
  );
  const allowed = "; here distsrv may write to /var/lib/distsrv";
  expect(describeFileError(file, failed("EACCES"), "/var/lib/distsrv")).toBe(
    `EACCES: what the system says${allowed}`,
  );
  expect(describeFileError(file, failed("EROFS"), "/var/lib/distsrv")).toBe(
    `the folder ${folder} may only be read${allowed}`,
  );
  expect(describeFileError(file, failed("EROFS"), folder)).not.toContain("here distsrv may");
});
