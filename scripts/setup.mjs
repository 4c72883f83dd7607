// Installs exactly what bun.lock names, when that has not been done yet, and makes `npx distsrv` and `npx distcli` start
// this checkout. Runs under Node or Bun, so that a
// machine with only one of the two needs nothing else: Bun itself comes from the npm registry, pinned.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// `npm start --only mqtt`: npm takes what it does not know for a setting of its own, and the lab would start as a whole.
const kept = ["only", "without", "port_offset", "skip_busy"].find((name) => {
  const value = process.env[`npm_config_${name}`];
  // npm itself once knew `only=production`.
  return value && !value.startsWith("prod");
});
if (process.env.npm_lifecycle_event === "prestart" && kept !== undefined) {
  const option = `--${kept.replace("_", "-")}`;
  console.error(
    `npm has kept ${option} for itself. Put -- before the lab's options: npm start -- ${option} ...`,
  );
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const lock = readFileSync(`${root}bun.lock`);
const { dependencies, bin } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const stamp = createHash("sha256").update(lock).digest("hex");
const stampFile = `${root}node_modules/.installed-lock`;

if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  const install = ["install", "--frozen-lockfile"];
  const [command, args] = process.versions.bun
    ? [process.execPath, install]
    : ["npm", ["exec", "--yes", `--package=bun@${dependencies.bun}`, "--", "bun", ...install]];
  console.error("Installing what bun.lock names ...");
  // On Windows npm is a script, which only a shell starts.
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell });
  if (status !== 0) {
    console.error(
      `Cannot install: ${command} ${args.join(" ")} ${error ? error.message : `ended with ${status}`}`,
    );
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
}

for (const [name, file] of Object.entries(bin)) link(`${root}node_modules/.bin/${name}`, `../../${file}`);

/** Windows starts what ends in .cmd, and lets only administrators make symbolic links. */
function link(path, target) {
  if (process.platform === "win32") writeFileSync(`${path}.cmd`, `@node "%~dp0${target}" %*\r\n`);
  else if (!existsSync(path)) symlinkSync(target, path);
}
