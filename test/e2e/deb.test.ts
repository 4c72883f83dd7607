import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { output, run } from "../support/program.ts";

const root = join(import.meta.dir, "../..");
const obstacle =
  process.env.DISTSRV_E2E !== "1"
    ? "is part of npm run e2e"
    : Bun.which("dpkg-deb") === null
      ? "needs dpkg: apt-get install dpkg"
      : undefined;

describe.skipIf(obstacle !== undefined)(
  `the Debian package${obstacle === undefined ? "" : ` [${obstacle}]`}`,
  () => {
    setDefaultTimeout(120_000);

    test("holds both programs as one file, what systemd wants, and pages that describe it; and it runs", async () => {
      await output([process.execPath, join(root, "scripts/deb.ts")]);
      const [name] = readdirSync(join(root, "dist")).filter(
        (file) => file.includes(`_${version}_`) && file.endsWith(".deb"),
      );
      const file = join(root, "dist", name!);
      const folder = mkdtempSync(join(tmpdir(), "distsrv-deb-"));
      try {
        expect(await output(["dpkg-deb", "--field", file, "Package", "Version"])).toBe(
          "Package: distsrv\nVersion: 0.1.0\n",
        );
        await output(["dpkg-deb", "--extract", file, folder]);
        for (const path of [
          "etc/distsrv/lab.yaml",
          "usr/lib/systemd/system/distsrv.service",
          "usr/lib/sysusers.d/distsrv.conf",
          "usr/lib/tmpfiles.d/distsrv.conf",
          "usr/share/doc/distsrv/copyright",
          "usr/share/doc/distsrv/changelog.gz",
          "usr/share/man/man1/distsrv.1.gz",
          "usr/share/man/man1/distcli.1.gz",
        ])
          expect({ path, isThere: existsSync(join(folder, path)) }).toEqual({ path, isThere: true });
        const bin = (program: string) => join(folder, "usr/bin", program);
        expect(await output([bin("distsrv"), "--version"])).toBe("0.1.0\n");
        expect(await output([bin("distcli"), "--help"])).toContain("distcli");
        expect(await output([bin("distsrv"), "check", join(folder, "etc/distsrv/lab.yaml")])).toContain(
          "is fine",
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    test("keeps a changed configuration, and starts nothing by itself", async () => {
      const [name] = readdirSync(join(root, "dist")).filter(
        (file) => file.includes(`_${version}_`) && file.endsWith(".deb"),
      );
      const file = join(root, "dist", name!);
      const control = (part: string) => output(["dpkg-deb", "--info", file, part]);
      expect(await control("conffiles")).toBe("/etc/distsrv/lab.yaml\n");
      for (const script of ["postinst", "prerm", "postrm"]) {
        const text = await control(script);
        expect((await run(["sh", "-n"], { input: text })).status).toBe(0);
        expect(text).not.toMatch(/systemctl (?:enable|start|restart)/);
      }
    });
  },
);
