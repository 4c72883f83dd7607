// The licences of what the programs contain, as one text: `bun scripts/third-party.ts [FILE]`, else to the output.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Component, shippedComponents } from "./sbom.ts";

const root = join(import.meta.dir, "..");

const rule = `\n${"-".repeat(80)}\n\n`;

const introduction = `distsrv and distcli contain these programs, under these licences. Bun has the engine JavaScriptCore in it, under the
LGPL 2.1: https://bun.com/docs/project/licensing has the licences of all its parts, and how to link it anew. libzmq,
which distcli uses for ZeroMQ, is in the package zeromq; its source is https://github.com/zeromq/libzmq.
`;

/** @param components what the programs contain; absent: what the lock file says */
export function thirdPartyText(
  components: readonly (Component & { readonly key: string })[] = shippedComponents(),
): string {
  const installed = components.filter(({ key }) => existsSync(join(root, "node_modules", key)));
  const parts = installed.map(({ key, name, version, licenses }) => {
    const [expression = "see below"] = licenses?.map((licence) => licence.expression) ?? [];
    return [`${name} ${version}: ${expression}\n`, ...licenceTexts(key)].join("\n");
  });
  return [introduction, ...parts].join(rule);
}

/** The files of a package that say under which licence it is. */
function licenceTexts(key: string): string[] {
  const folder = join(root, "node_modules", key);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  return files.map((file) => readFileSync(join(folder, file), "utf8").trim().concat("\n"));
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) process.stdout.write(thirdPartyText());
  else writeFileSync(file, thirdPartyText());
}
