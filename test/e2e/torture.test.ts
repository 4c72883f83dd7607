import { expect } from "bun:test";
import { join } from "node:path";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { Program } from "../support/program.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };

testBinaries(
  "a durable broker that is killed twenty times loses nothing and doubles nothing",
  async () => {
    const program = join(import.meta.dir, "../torture/run.ts");
    const torture = new Program([process.execPath, program, "--rounds", "20", "--binary", files.distsrv], {
      input: "",
    });
    const { status, stdout, stderr } = await torture.outcome(180_000);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("20 kills, ");
  },
  200_000,
);
