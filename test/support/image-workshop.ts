import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dockerfile, stagesOf } from "./dockerfile.ts";
import { run } from "./program.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** Packages of Debian in place of a base image: what the real one has of them. */
const bases: Readonly<Record<string, readonly string[]>> = {
  "oven/bun": [
    "libc6",
    "dash",
    "coreutils",
    "libselinux1",
    "libpcre2-8-0",
    "libacl1",
    "libattr1",
    "libgmp10",
  ],
  "gcr.io/distroless/cc-debian12": ["base-files", "libc6", "libgcc-s1", "libstdc++6", "tzdata"],
};

/** How long one command may take. */
const patience = 150_000;

/** What makes the commands that fetch packages trust, and ask, what this machine's own do. */
const registry = ["NPM_CONFIG_REGISTRY", "npm_config_registry"];
const certificates = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

/** Why images cannot be built here, and what would change that. */
export function imageObstacle(): string | undefined {
  if (process.platform !== "linux") return "buildah and debootstrap need Linux";
  const missing = ["buildah", "debootstrap", "dpkg-deb", "curl"].filter((name) => Bun.which(name) === null);
  if (missing.length > 0) return `needs ${missing.join(", ")}: apt-get install buildah debootstrap curl`;
  const mounts = Bun.spawnSync(["unshare", "--mount", "mount", "--make-rprivate", "/"], {
    stdout: "ignore",
    stderr: "ignore",
  });
  const isPermitted = process.getuid?.() === 0 && mounts.exitCode === 0;
  return isPermitted ? undefined : "needs the permission to mount: run as root, with CAP_SYS_ADMIN";
}

/** Builds and runs the project's image without a daemon, in a folder of its own. */
export class ImageWorkshop {
  readonly #home = mkdtempSync(join(tmpdir(), "distsrv-image-"));

  /** Builds the image from the project's Dockerfile, on base images that are made here. */
  async build(tag: string): Promise<void> {
    const debs = await this.#download();
    const stages = stagesOf(dockerfile);
    // The debug target is skipped, as the image does not need it: Debian whole takes minutes.
    const used = new Set(stages.filter(({ name }) => name !== "debug").map(({ base }) => base));
    for (const base of used) await this.#makeBase(base, debs);
    const cache = process.env.BUN_INSTALL_CACHE_DIR ?? join(homedir(), ".bun/install/cache");
    const cached = existsSync(cache) ? ["--volume", `${cache}:/var/cache/bun`] : [];
    const options = ["--isolation", "chroot", "--format", "docker", "--pull-never", ...cached];
    await this.buildah("bud", ...options, "--tag", tag, project);
  }

  buildah(...words: readonly string[]): Promise<string> {
    return this.#output(this.command(...words));
  }

  command(...words: readonly string[]): readonly string[] {
    const [root, runroot] = [join(this.#home, "root"), join(this.#home, "run")];
    return ["buildah", "--root", root, "--runroot", runroot, "--storage-driver", "vfs", ...words];
  }

  async remove(): Promise<void> {
    try {
      await this.buildah("rm", "--all");
    } finally {
      rmSync(this.#home, { recursive: true, force: true });
    }
  }

  /** Debian's packages, as debootstrap chooses and verifies them. @returns their folder */
  async #download(): Promise<string> {
    const target = join(this.#home, "debian");
    await this.#output(["debootstrap", "--download-only", "--variant=minbase", "bookworm", target]);
    return join(target, "var/cache/apt/archives");
  }

  async #makeBase(image: string, debs: string): Promise<void> {
    const [name = ""] = image.split(":");
    const packages = bases[name];
    if (packages === undefined)
      throw new Error(
        `The Dockerfile asks for ${image}, and ${fileURLToPath(import.meta.url)} knows no packages for it`,
      );
    const tree = mkdtempSync(join(this.#home, "base-"));
    for (const wanted of packages) {
      const file = readdirSync(debs).find((deb) => deb.startsWith(`${wanted}_`));
      if (file === undefined)
        throw new Error(`debootstrap has not fetched ${wanted}, which stands in for ${image}`);
      await this.#output(["dpkg-deb", "-x", join(debs, file), tree]);
    }
    for (const folder of ["proc", "sys", "dev", "tmp"]) mkdirSync(join(tree, folder), { recursive: true });
    writeFileSync(
      join(tree, "etc/passwd"),
      "root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n",
    );
    const environment = name === "oven/bun" ? addBun(tree) : [];
    const container = (await this.buildah("from", "scratch")).trim();
    await this.buildah("copy", "--quiet", container, tree, "/");
    if (environment.length > 0)
      await this.buildah("config", ...environment.flatMap((pair) => ["--env", pair]), container);
    await this.buildah("commit", "--quiet", "--rm", container, qualified(image));
    rmSync(tree, { recursive: true });
  }

  async #output(command: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run(command, { env: { BUILDAH_ISOLATION: "chroot" } }, patience);
    if (status !== 0)
      throw new Error(`${command.join(" ")} ended with ${status}:\n${(stdout + stderr).slice(-4000)}`);
    return stdout;
  }
}

/** Bun, which runs these tests, and the authorities that this machine trusts. @returns the environment for it */
function addBun(tree: string): string[] {
  mkdirSync(join(tree, "usr/local/bin"), { recursive: true });
  copyFileSync(process.execPath, join(tree, "usr/local/bin/bun"));
  for (const name of certificates) {
    const file = process.env[name];
    if (!file || !existsSync(file)) continue;
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    copyFileSync(file, join(tree, file));
  }
  const passedOn = [...certificates, ...registry].flatMap((name) =>
    process.env[name] ? [`${name}=${process.env[name]}`] : [],
  );
  return ["BUN_INSTALL_CACHE_DIR=/var/cache/bun", ...passedOn];
}

/** The name under which an engine looks a short name up. */
function qualified(image: string): string {
  const [first = ""] = image.split("/");
  if (first.includes(".")) return image;
  return `docker.io/${image.includes("/") ? image : `library/${image}`}`;
}
