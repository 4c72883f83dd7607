// Lays out what the image holds, for the Dockerfile to copy in one piece: `bun scripts/image.ts FOLDER`, after a build.
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageLab } from "./image-lab.ts";
import { billOfMaterials, importedPackages } from "./sbom.ts";
import { thirdPartyText } from "./third-party.ts";

const root = join(import.meta.dir, "..");
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Cannot lay out the image: which folder? bun scripts/image.ts FOLDER");
  process.exit(2);
}

const bin = below("usr/local/bin");
copyFileSync(join(root, "dist/distsrv"), join(bin, "distsrv"));
// Both programs are one file, which goes by its name: a symbolic link survives a copy between stages, a hard link does not.
symlinkSync("distsrv", join(bin, "distcli"));

const etc = below("etc/distsrv");
writeFileSync(join(etc, "lab.yaml"), imageLab(readFileSync(join(root, "config/lab.yaml"), "utf8")));
copyFileSync(join(root, "config/distsrv.schema.json"), join(etc, "distsrv.schema.json"));

const doc = below("usr/share/doc/distsrv");
const sbom = billOfMaterials(readFileSync(join(root, "bun.lock"), "utf8"), importedPackages());
writeFileSync(join(doc, "sbom.cdx.json"), `${JSON.stringify(sbom, null, 2)}\n`);
copyFileSync(join(root, "LICENSE"), join(doc, "LICENSE"));
writeFileSync(join(doc, "THIRD-PARTY.txt"), thirdPartyText());

function below(path: string): string {
  const made = join(folder ?? "", path);
  mkdirSync(made, { recursive: true });
  return made;
}
