import { test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { python } from "./python.ts";

/** A program of another project that a test requires. */
export interface Need {
  /** Shown in the title of a test that is skipped. */
  readonly name: string;
  readonly install: string;
  /** So large that it is not asked of CI: its tests run where somebody has it. */
  readonly isByHand?: boolean;
  /** Called once, when the first test that requires it is declared. */
  readonly isThere: () => boolean;
}

type Body = () => void | Promise<void>;

/**
 * `test` that requires programs. Without them the test is skipped, and its title says what to install; with `CI` set
 * it fails instead, unless only what is there by hand is missing.
 */
export function testWith(...wanted: readonly Need[]): (title: string, body: Body) => void {
  const missing = wanted.filter((need) => !isThere(need));
  if (missing.length === 0) return (title, body) => test(title, body);
  const hint = missing.map(({ name, install }) => `${name}: ${install}`).join("; ");
  const isAsked = process.env.CI && !missing.every(({ isByHand = false }) => isByHand);
  if (!isAsked) return (title, body) => test.skip(`${title} [needs ${hint}]`, body);
  return (title) =>
    test(`${title} [needs ${hint}]`, () => {
      throw new Error(`CI is set, so nothing may be skipped. Missing is ${hint}`);
    });
}

const answers = new Map<Need, boolean>();

function isThere(need: Need): boolean {
  const known = answers.get(need);
  if (known !== undefined) return known;
  const answer = need.isThere();
  answers.set(need, answer);
  return answer;
}

function succeeds(command: readonly string[]): boolean {
  if (Bun.which(command[0] ?? "") === null) return false;
  return Bun.spawnSync([...command], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

const pythonModule = (module: string, debian: string): Need => ({
  name: debian,
  install: `apt-get install ${debian}`,
  isThere: () => succeeds([python, "-c", `import ${module}`]),
});

const ownStatus = (): string =>
  existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";

const command = (name: string, debian: string): Need => ({
  name,
  install: `apt-get install ${debian}`,
  isThere: () => Bun.which(name) !== null,
});

function loadsLua(): boolean {
  const script = join(mkdtempSync(join(tmpdir(), "distsrv-lua-")), "hello.lua");
  try {
    writeFileSync(script, 'print("this is Lua")');
    const { stdout, stderr } = Bun.spawnSync(["tshark", "-X", `lua_script:${script}`, "-v"], {
      stdin: "ignore",
    });
    return stdout.includes("this is Lua") || stderr.includes("this is Lua");
  } finally {
    rmSync(dirname(script), { recursive: true });
  }
}

/** Debian keeps it where only root looks. */
export const mosquittoBroker =
  Bun.which("mosquitto") ?? Bun.which("mosquitto", { PATH: "/usr/sbin:/usr/local/sbin" }) ?? undefined;

/** Debian keeps it where only root looks. */
export const haproxy =
  Bun.which("haproxy") ?? Bun.which("haproxy", { PATH: "/usr/sbin:/usr/local/sbin" }) ?? undefined;

/** The shell draws nothing around a page, and takes half of the processor time. */
export const chromium =
  Bun.which("chromium-headless-shell") ?? Bun.which("chromium") ?? Bun.which("google-chrome") ?? undefined;

export const needs = {
  python: { name: "python3", install: "apt-get install python3", isThere: () => succeeds([python, "-V"]) },
  paho: pythonModule("paho.mqtt.client", "python3-paho-mqtt"),
  pyzmq: pythonModule("zmq", "python3-zmq"),
  zeep: pythonModule("zeep", "python3-zeep"),
  requests: pythonModule("requests", "python3-requests"),
  jsonschema: pythonModule("jsonschema", "python3-jsonschema"),
  pyyaml: pythonModule("yaml", "python3-yaml"),
  mosquitto: command("mosquitto_sub", "mosquitto-clients"),
  mosquittoBroker: {
    name: "mosquitto and mosquitto-clients",
    install: "apt-get install mosquitto mosquitto-clients",
    isThere: () => mosquittoBroker !== undefined && Bun.which("mosquitto_sub") !== null,
  },
  curl: command("curl", "curl"),
  ownMounts: {
    name: "root, or user namespaces",
    install: "run the tests as root on Linux",
    isThere: () => succeeds(["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]),
  },
  /** Debian's curl speaks MQTT. */
  curlMqtt: {
    name: "curl with MQTT",
    install: "apt-get install curl",
    isThere: () => Bun.which("curl") !== null && Bun.spawnSync(["curl", "-V"]).stdout.includes(" mqtt"),
  },
  haproxy: { name: "haproxy", install: "apt-get install haproxy", isThere: () => haproxy !== undefined },
  script: command("script", "bsdutils"),
  tshark: command("tshark", "tshark"),
  /** Newer ones load none for root. */
  tsharkLua: {
    name: "tshark that loads scripts in Lua",
    install: "apt-get install tshark, and run the tests as another user than root",
    isThere: () => Bun.which("tshark") !== null && loadsLua(),
  },
  libreOffice: {
    name: "LibreOffice and pdftotext",
    install: "apt-get install libreoffice-writer-nogui poppler-utils",
    isThere: () => Bun.which("soffice") !== null && Bun.which("pdftotext") !== null,
    isByHand: true,
  },
  packetSocket: {
    name: "CAP_NET_RAW on Linux",
    install: "run the tests as root on Linux",
    isThere: () => /^CapEff:\s*[0-9a-f]*[2367abef][0-9a-f]{3}$/m.test(ownStatus()),
  },
  chromium: {
    name: "chromium",
    install: "apt-get install chromium-headless-shell",
    isThere: () => chromium !== undefined,
  },
  /** Node itself, not Bun under Node's name. */
  node: {
    name: "node",
    install: "install Node.js 20 or later from nodejs.org",
    isThere: () => succeeds(["node", "-e", "process.exit(process.versions.bun ? 1 : 0)"]),
  },
} satisfies Record<string, Need>;
