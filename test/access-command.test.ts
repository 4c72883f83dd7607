import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority, openssl } from "./support/certificates.ts";
import { testWith } from "./support/needs.ts";
import { distsrv } from "./support/own-programs.ts";
import { run } from "./support/program.ts";
import { scratchFolder } from "./support/scratch.ts";

const users = `
    users:
      - { name: ani, password: a }
      - { name: bu-sri, password: s, groups: [dosen] }`;
const rules = `
  - { user: ani, publish: kelas/ani/#, subscribe: [kelas/#, "!kelas/nilai/#"] }
  - { group: dosen, publish: "#", subscribe: ["#", "$SYS/#"] }
  - { anonymous: true, subscribe: sister/# }
  - { publish: rumah/%c/#, subscribe: rumah/%u/# }
`;

/** Asks `distsrv access` about a broker with these settings, run in a folder with these files. */
async function ask(settings: string, words: readonly string[], files: Record<string, string> = {}) {
  const folder = scratchFolder("access");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "lab.yaml"), `services:\n  mqtt:\n    port: 0${settings}\n`);
  const { status, stdout, stderr } = await run([...distsrv, "access", "lab.yaml", ...words], { cwd: folder });
  return { status, out: (stdout + stderr).trimEnd().split("\n") };
}

const inline = `${users}\n    access:${rules.replaceAll("\n", "\n      ")}`;

test.each<[string, number, string[]]>([
  [
    "-u ani --publish kelas/ani/x",
    0,
    ["ani may publish to kelas/ani/x", "  lab.yaml:8:11: gives kelas/ani/# to user ani"],
  ],
  [
    "-u ani --publish kelas/budi/x --client c",
    1,
    ["ani may not publish to kelas/budi/x", "  no rule matches it, and accessDefault denies that"],
  ],
  [
    "-u ani --publish rumah/c/x --client c",
    0,
    [
      "ani may publish to rumah/c/x",
      "  lab.yaml:11:11: gives rumah/%c/#, which is rumah/c/# here, to everybody",
    ],
  ],
  [
    "-u ani --publish rumah/c/x",
    1,
    [
      "ani may not publish to rumah/c/x",
      "  no rule matches it, and accessDefault denies that",
      "  patterns with %c count only with --client ID",
    ],
  ],
  [
    "-u ani --subscribe #",
    0,
    [
      "ani may subscribe to #, and receives a part of it",
      "  lab.yaml:8:11: gives kelas/# to user ani",
      "  lab.yaml:8:11: takes kelas/nilai/# from user ani",
      "  lab.yaml:11:11: gives rumah/%u/#, which is rumah/ani/# here, to everybody",
      "  accessDefault denies what no rule matches",
    ],
  ],
  [
    "-u ani --subscribe kelas/nilai/ani",
    1,
    [
      "ani may not subscribe to kelas/nilai/ani",
      "  lab.yaml:8:11: gives kelas/# to user ani",
      "  lab.yaml:8:11: takes kelas/nilai/# from user ani",
    ],
  ],
  [
    "-u bu-sri --subscribe $share/g/#",
    0,
    ["bu-sri may subscribe to $share/g/#, and receives all of it", "  lab.yaml:9:11: gives # to group dosen"],
  ],
  ["-u bu-sri --publish $SYS/x", 1, ["bu-sri may not publish to $SYS/x: it is the server's own"]],
  ["-u anii --publish x", 1, ['anii cannot connect: there is no such user; did you mean "ani"?']],
  [
    "--publish x",
    1,
    ["A client without a user name cannot connect: users are listed, and anonymous is not true"],
  ],
  ["-u ani", 2, ["Give either --publish TOPIC or --subscribe FILTER"]],
  ["--publish a/+", 2, ['--publish must be a topic such as kelas/suhu: "a/+" holds a wildcard']],
  ["--publish x --service mqtt2", 2, ['There is no MQTT broker "mqtt2"; there is mqtt']],
])("distsrv access lab.yaml %s: %d", async (words, status, out) => {
  expect(await ask(inline, words.split(" "))).toEqual({ status, out });
});

test("rules of a file of their own are shown with its lines", async () => {
  const settings = `${users}\n    access: ./access.yaml`;
  const words = ["-u", "ani", "--publish", "kelas/ani/x"];
  expect((await ask(settings, words, { "access.yaml": rules })).out[1]).toBe(
    "  ./access.yaml:2: gives kelas/ani/# to user ani",
  );
  const acl = "user ani\ntopic readwrite kelas/ani/#\n";
  const migrated = settings.replace("access.yaml", "aclfile");
  expect((await ask(migrated, words, { aclfile: acl })).out[1]).toBe(
    "  ./aclfile:2: gives kelas/ani/# to user ani",
  );
});

test("without rules, and without users, it says so", async () => {
  const open = await ask("", ["-u", "ani", "--publish", "x"]);
  expect(open).toEqual({
    status: 0,
    out: ["ani may publish to x", "  there are no rules: everybody may do everything"],
  });
  const unproved = await ask("\n    access: [{ publish: a }]", ["-u", "ani", "--publish", "a"]);
  expect(unproved.out).toEqual([
    "ani may publish to a",
    "  lab.yaml:4:14: gives a to everybody",
    "  no users are listed, so the name ani proves nothing and counts for nothing",
  ]);
});

testWith(openssl)("a user whom a certificate names needs no list of users", async () => {
  const authority = new Authority();
  const { cert, key } = authority.issue();
  const tls = `{ cert: ${cert}, key: ${key}, ca: ${authority.cert}, requireClientCert: true, usernameFrom: cn }`;
  const access = "[{ user: ani, publish: kelas/ani/# }, { publish: rumah/%u/# }]";
  const settings = `\n    tls: ${tls}\n    access: ${access}`;
  expect(await ask(settings, ["-u", "ani", "--publish", "kelas/ani/x"])).toEqual({
    status: 0,
    out: ["ani may publish to kelas/ani/x", "  lab.yaml:5:14: gives kelas/ani/# to user ani"],
  });
  expect(await ask(`${users}${settings}`, ["-u", "budi", "--publish", "rumah/budi/x"])).toMatchObject({
    status: 0,
  });
  expect(await ask(settings, ["-u", "budi", "--publish", "kelas/ani/x"])).toMatchObject({ status: 1 });
  expect(await ask(`${settings}\n    anonymous: false`, ["--publish", "rumah/x"])).toEqual({
    status: 1,
    out: ["A client without a user name cannot connect: anonymous is false"],
  });
});

test("whom a service or a token lets in needs no list of users, and it says that they have a say", async () => {
  const auth = `\n    auth: { http: "http://127.0.0.1:9/mqtt?key=verborgen", jwt: { secret: ${"s".repeat(32)} } }`;
  const access = "\n    access: [{ user: ani, publish: kelas/ani/# }]";
  const who = "auth: a token or the service http://127.0.0.1:9/mqtt decides whether";
  const what = "may connect, and may give groups and rules that are not in this file";
  expect(await ask(`${auth}${access}`, ["-u", "ani", "--publish", "kelas/ani/x"])).toEqual({
    status: 0,
    out: [
      "ani may publish to kelas/ani/x",
      "  lab.yaml:5:14: gives kelas/ani/# to user ani",
      `  ${who} ani ${what}`,
    ],
  });
  expect(await ask(`${auth}${access}`, ["--publish", "x"])).toEqual({
    status: 1,
    out: [
      "A client without a user name may not publish to x",
      "  no rule matches it, and accessDefault denies that",
      `  ${who} it ${what}`,
    ],
  });
  // About these the list alone decides, and anonymous.
  const listed = await ask(`${users}${auth}`, ["-u", "ani", "--publish", "x"]);
  expect(listed.out).toEqual(["ani may publish to x", "  there are no rules: everybody may do everything"]);
  const nameless = await ask(`${auth}\n    anonymous: true`, ["--publish", "x"]);
  expect(nameless.out).toHaveLength(2);
});
