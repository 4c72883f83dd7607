// Starts a program of this package under Bun: at once where Bun runs this already, and from Node.js with the Bun that
// the package depends on. There the program is a child process, and this one stands between it and the shell.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** @param {"distsrv" | "distcli"} name */
export async function start(name) {
  // A checkout has sources, the package what was built from them.
  const source = join(root, "src", `${name}.ts`);
  const entry = existsSync(source) ? source : join(root, "lib", `${name}.js`);
  if (globalThis.Bun?.semver.satisfies(Bun.version, engines.bun)) await import(pathToFileURL(entry).href);
  else startBun(findBun(), [entry, ...process.argv.slice(2)]);
}

/** @param {string} bun @param {string[]} args */
function startBun(bun, args) {
  const child = spawn(bun, args, { stdio: "inherit" });
  child.on("error", (error) => fail(`Cannot start ${bun}: ${error.message}`));
  // Ctrl-C on a terminal goes to both processes: passed on, it would count as a second one, which ends distsrv at once.
  const fromTerminal = process.stdin.isTTY ? ["SIGINT", "SIGHUP"] : [];
  for (const signal of ["SIGINT", "SIGHUP", "SIGTERM", "SIGUSR2"]) {
    if (process.platform === "win32" && signal === "SIGUSR2") continue;
    process.on(signal, () => fromTerminal.includes(signal) || child.kill(signal));
  }
  if (process.env.npm_command === "exec") stopWithParent(child);
  child.on("exit", (status, signal) => process.exit(status ?? 128 + constants.signals[signal ?? "SIGTERM"]));
}

/**
 * npx passes SIGTERM on to its shell and no further, and ends; the server would run on without anybody knowing.
 * @param {import("node:child_process").ChildProcess} child
 */
function stopWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, 500);
}

/** The file that Bun's package starts; its install script may not have run, as after `npm install --ignore-scripts`. */
function findBun() {
  const folder = findPackage();
  const file = join(folder, "bin", "bun.exe");
  if (isProgram(file)) return file;
  spawnSync(process.execPath, [join(folder, "install.js")], { cwd: folder, stdio: ["ignore", 2, 2] });
  if (isProgram(file)) return file;
  return fail(`Cannot run ${file}: Bun's install script has not run, and cannot. Try: npm rebuild bun`);
}

function findPackage() {
  try {
    return dirname(createRequire(import.meta.url).resolve("bun/package.json"));
  } catch {
    return fail("Cannot find Bun, which this package depends on. Install it with: npm install");
  }
}

/** What stands there before is a text of a few hundred bytes. @param {string} file */
function isProgram(file) {
  return existsSync(file) && statSync(file).size > 1_000_000;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
