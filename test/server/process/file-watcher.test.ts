import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../../../src/server/config/plan.ts";
import { FileWatcher } from "../../../src/server/process/file-watcher.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** What is watched, and what was complained of. */
function scene(file: string | undefined) {
  const watched: string[] = [];
  const complaints: string[] = [];
  const watcher = new FileWatcher(
    file,
    {
      watchFile(path) {
        if (path.endsWith("forbidden.yaml")) throw new Error("EACCES");
        watched.push(path);
        return () => watched.splice(watched.indexOf(path), 1);
      },
      err: (text) => complaints.push(text),
    },
    () => {},
  );
  const follow = (watch: boolean, ...otherFiles: string[]) =>
    watcher.follow({ settings: { watch }, otherFiles } as unknown as Plan);
  return { watcher, watched, complaints, follow };
}

test("the files that a plan names are watched, and those no more that the next one does not name", () => {
  const folder = scratchFolder("watched");
  const [users, access] = [join(folder, "users.yaml"), join(folder, "access.yaml")];
  for (const path of [users, access]) writeFileSync(path, "");
  mkdirSync(join(folder, "data"));
  const { watcher, watched, follow } = scene("lab.yaml");
  follow(true, users, join(folder, "data"), join(folder, "gone.yaml"));
  expect(watched).toEqual(["lab.yaml", users]);
  follow(true, access);
  expect(watched).toEqual(["lab.yaml", access]);
  follow(false, access);
  expect(watched).toEqual([]);
  follow(true);
  watcher.stop();
  expect(watched).toEqual([]);
});

test("without a file nothing is watched, and one that cannot be watched is said and leaves the others theirs", () => {
  const folder = scratchFolder("watched");
  const [forbidden, other] = [join(folder, "forbidden.yaml"), join(folder, "other.yaml")];
  for (const path of [forbidden, other]) writeFileSync(path, "");
  const none = scene(undefined);
  none.follow(true, other);
  expect(none.watched).toEqual([]);
  const { watched, complaints, follow } = scene("lab.yaml");
  follow(true, forbidden, other);
  expect(watched).toEqual(["lab.yaml", other]);
  expect(complaints).toEqual([`Cannot watch ${forbidden}, so it is read again only when asked to: EACCES\n`]);
});
