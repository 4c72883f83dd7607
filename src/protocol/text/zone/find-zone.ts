import { readFileSync } from "node:fs";
import { posixZone, utc, type Zone } from "./posix-zone.ts";
import { readZoneFile } from "./zone-file.ts";

export type { Zone } from "./posix-zone.ts";

const zoneFolders = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo"];
const machinesOwn = "/etc/localtime";

/** The environment's `TZ`, set by the program's entry. */
let environmentZone: string | undefined;

/** Called once by each entry: the environment is the process' own. */
export function setLocalZone(tz: string | undefined): void {
  environmentZone = tz;
}

/**
 * @param name a zone file's name such as `Asia/Jakarta`, a POSIX rule such as `WIB-7`, `UTC`, or `local`
 * @throws {Error} that quotes what is not understood and says what would be right
 */
export function findZone(name: string): Zone {
  if (name === "local") return localZone();
  const zone = knownZone(name);
  if (zone !== undefined) return zone;
  throw new Error(
    `names the unknown zone ${JSON.stringify(name)}; use a name such as Asia/Jakarta or UTC, local for the machine's own zone, ${orRule}`,
  );
}

const orRule = "or a rule such as WIB-7, which is WIB, 7 hours east of Greenwich";

/** The zone that a C program has, by `TZ` or else by the machine's setting. */
function localZone(): Zone {
  const tz = environmentZone;
  if (tz === undefined) {
    return zoneFile(machinesOwn) ?? knownZone(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? utc;
  }
  const name = tz.replace(/^:/, "");
  if (name === "") return utc;
  const zone = name.startsWith("/") ? zoneFile(name) : knownZone(name);
  if (zone !== undefined) return zone;
  throw new Error(
    `needs the local zone, and the environment has TZ=${JSON.stringify(tz)}, which is unknown; set it to a name such as Asia/Jakarta or UTC, ${orRule}`,
  );
}

/** In the order of a C library: a file of this name, then a rule. */
function knownZone(name: string): Zone | undefined {
  // No path out of the zones' folder.
  const isName = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(name);
  if (name === "UTC") return utc;
  return (isName ? namedFile(name) : undefined) ?? posixZone(name) ?? runtimesZone(name);
}

function namedFile(name: string): Zone | undefined {
  for (const folder of zoneFolders) {
    const zone = zoneFile(`${folder}/${name}`);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

function zoneFile(path: string): Zone | undefined {
  try {
    return readZoneFile(readFileSync(path));
  } catch {
    // Not there, or something else of this name, such as a folder: the other forms are tried.
    return undefined;
  }
}

/**
 * On a machine without zone files the runtime knows the zones. It has names like `GMT+7` only, so the abbreviation is
 * the one that zone files have where people use none: `+07`.
 */
function runtimesZone(name: string): Zone | undefined {
  const calendar = calendarOf(name);
  if (calendar === undefined) return undefined;
  // It also knows names in other case, and the names that zones had before.
  const { timeZone } = calendar.resolvedOptions();
  if (timeZone === "UTC") return utc;
  const file = /^[A-Z]/.test(timeZone) && timeZone !== name ? namedFile(timeZone) : undefined;
  return file ?? calendarZone(calendar);
}

function calendarOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
}

function calendarZone(calendar: Intl.DateTimeFormat): Zone {
  return (second) => {
    const parts = calendar.formatToParts(second * 1000).map(({ type, value }) => [type, Number(value)]);
    const {
      year = 0,
      month = 0,
      day = 0,
      hour = 0,
      minute = 0,
      second: seconds = 0,
    } = Object.fromEntries(parts);
    const offset = Date.UTC(year, month - 1, day, hour, minute, seconds) / 1000 - second;
    const size = Math.abs(offset);
    const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
    const minutes = size % 3600 === 0 ? "" : two((size % 3600) / 60);
    return { offset, abbreviation: `${offset < 0 ? "-" : "+"}${two(size / 3600)}${minutes}` };
  };
}
