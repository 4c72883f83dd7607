// Makes dist/distsrv_VERSION_ARCH.deb of the built programs, after a build: `npm run deb`. It needs dpkg-deb.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import packageJson from "../package.json" with { type: "json" };
import { thirdPartyText } from "./third-party.ts";

const root = join(import.meta.dir, "..");
const { version, description } = packageJson;
const architecture = process.arch === "arm64" ? "arm64" : "amd64";

const folder = mkdtempSync(join(tmpdir(), "distsrv-deb-"));
try {
  layOut();
  const file = join(root, "dist", `distsrv_${version}_${architecture}.deb`);
  const built = Bun.spawnSync(["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", folder, file], {
    stdout: "inherit",
    stderr: "inherit",
  });
  if (built.exitCode !== 0) throw new Error(`dpkg-deb ended with ${built.exitCode}`);
} catch (error) {
  console.error(`Cannot make the package: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function layOut(): void {
  chmodSync(folder, 0o755);
  copy("dist/distsrv", "usr/bin/distsrv", 0o755);
  // Both programs are one file, which goes by its name.
  symlinkSync("distsrv", join(folder, "usr/bin/distcli"));
  // Its first line tells editors where the schema is.
  const lab = readFileSync(join(root, "config/lab.yaml"), "utf8");
  write(
    "etc/distsrv/lab.yaml",
    lab
      .replace("./distsrv.schema.json", "/usr/share/distsrv/distsrv.schema.json")
      // The service may write to its state folder only.
      .replace("directory: ./data", "directory: /var/lib/distsrv/mqtt"),
  );
  copy("deploy/distsrv.service", "usr/lib/systemd/system/distsrv.service");
  copy("deploy/sysusers.conf", "usr/lib/sysusers.d/distsrv.conf");
  copy("deploy/tmpfiles.conf", "usr/lib/tmpfiles.d/distsrv.conf");
  copy("config/distsrv.schema.json", "usr/share/distsrv/distsrv.schema.json");
  copy("deploy/copyright", "usr/share/doc/distsrv/copyright");
  for (const example of ["broker.yaml", "class.yaml", "concurrency.yaml", "mqtt.yaml"])
    copy(`config/${example}`, `usr/share/doc/distsrv/examples/${example}`);
  write(
    "usr/share/doc/distsrv/CHANGELOG.md.gz",
    gzipSync(readFileSync(join(root, "CHANGELOG.md")), { level: 9 }),
  );
  write("usr/share/doc/distsrv/changelog.gz", gzipSync(changelog(), { level: 9 }));
  for (const name of ["distsrv", "distcli"]) {
    write(`usr/share/man/man1/${name}.1.gz`, gzipSync(manPage(name), { level: 9 }));
  }
  write("usr/share/doc/distsrv/THIRD-PARTY.txt.gz", gzipSync(thirdPartyText(), { level: 9 }));
  write("DEBIAN/control", control());
  write("DEBIAN/conffiles", "/etc/distsrv/lab.yaml\n");
  for (const name of ["postinst", "prerm", "postrm"]) copy(`deploy/debian/${name}`, `DEBIAN/${name}`, 0o755);
}

function copy(from: string, to: string, mode = 0o644): void {
  const target = below(to);
  copyFileSync(join(root, from), target);
  chmodSync(target, mode);
}

function write(to: string, content: string | Uint8Array): void {
  const target = below(to);
  writeFileSync(target, content);
  chmodSync(target, 0o644);
}

function below(path: string): string {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
}

function control(): string {
  const [short, ...rest] = description.split(": ");
  return [
    "Package: distsrv",
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    "Maintainer: The distsrv authors <distsrv@localhost>",
    "Section: net",
    "Priority: optional",
    // What Debian 12 and Ubuntu 22.04 have, whose dpkg reads zstd, too.
    "Depends: libc6 (>= 2.35), libstdc++6",
    "Recommends: systemd",
    `Description: ${short}`,
    ` ${rest.join(": ")}, from one YAML file. distcli is the client for each of them.`,
    "",
  ].join("\n");
}

function changelog(): string {
  const { SOURCE_DATE_EPOCH } = process.env;
  const date = new Date(SOURCE_DATE_EPOCH ? Number(SOURCE_DATE_EPOCH) * 1000 : Date.now())
    .toUTCString()
    .replace("GMT", "+0000");
  return `distsrv (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.gz beside this file.\n\n -- The distsrv authors <distsrv@localhost>  ${date}\n`;
}

/** The program's own help, as a page. */
function manPage(name: string): string {
  // By its name alone, as somebody has it who has installed it: the help shows how it was called.
  const env = { PATH: join(root, "dist"), NO_COLOR: "1" };
  const { stdout, exitCode } = Bun.spawnSync([name, "--help"], { env });
  if (exitCode !== 0) throw new Error(`${name} --help ended with ${exitCode}`);
  const help = stdout
    .toString()
    .replaceAll("\\", "\\e")
    .replace(/^([.'])/gm, "\\&$1");
  const purpose = name === "distsrv" ? "every server of a distributed-systems lab" : "the client of distsrv";
  return [
    `.TH ${name.toUpperCase()} 1 "" "distsrv ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${purpose}`,
    ".SH DESCRIPTION",
    ".nf",
    help,
    ".fi",
    ".SH FILES",
    "/etc/distsrv/lab.yaml",
    "",
  ].join("\n");
}
