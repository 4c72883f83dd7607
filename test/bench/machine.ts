import { existsSync } from "node:fs";

/** Something that the machine may lack: then the rows that need it are skipped, with how to get it. */
export interface Need {
  readonly name: string;
  readonly install: string;
  isThere(): boolean;
}

const command = (name: string, debian: string): Need => ({
  name,
  install: `apt-get install ${debian}`,
  isThere: () => find(name) !== undefined,
});

/** Also where Debian puts daemons. */
export const find = (name: string): string | undefined =>
  Bun.which(name, { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin` }) ?? undefined;

export const gcc = command("gcc", "gcc libc6-dev");
export const mosquitto = command("mosquitto", "mosquitto");
export const natsServer = command("nats-server", "nats-server");

export const zmqHeaders: Need = {
  name: "libzmq's headers",
  install: "apt-get install libzmq3-dev",
  isThere: () => existsSync("/usr/include/zmq.h") || existsSync("/usr/local/include/zmq.h"),
};

export const pythonModule = (module: string, debian: string): Need => ({
  name: `Python's ${module}`,
  install: `apt-get install ${debian}`,
  isThere: () => pythonWith(module) !== undefined,
});

const pythons = new Map<string, string | undefined>();

/** A Python that can import the module: the first in PATH need not be the one that Debian's packages are for. */
export function pythonWith(module: string): string | undefined {
  if (!pythons.has(module)) {
    const candidates = [find("python3"), "/usr/bin/python3"].filter((path) => path !== undefined);
    const works = (path: string) =>
      existsSync(path) && Bun.spawnSync([path, "-c", `import ${module}`]).success;
    pythons.set(module, candidates.find(works));
  }
  return pythons.get(module);
}

export function missing(needs: readonly Need[]): readonly Need[] {
  return needs.filter((need) => !need.isThere());
}

/** `mosquitto is not installed: apt-get install mosquitto` */
export function describeMissing(needs: readonly Need[]): string {
  return needs.map(({ name, install }) => `${name} is not installed: ${install}`).join("; ");
}
