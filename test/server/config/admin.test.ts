import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../../../src/server/config/admin-users.ts";
import { fakeRegistry, fakeRole, load, reportOf } from "../../support/registry.ts";
import { scratchFolder } from "../../support/scratch.ts";

const registry = fakeRegistry(fakeRole("echo"));
const services = "services: { echo: }\n";
const read = (admin: string) => load(`${admin}\n${services}`, registry);

describe("admin in the configuration", () => {
  test("is on at 127.0.0.1:8088 when the file says nothing, and is then not insisted on", () => {
    for (const nothing of ["", "admin:"]) {
      const { settings, wantsAdmin } = read(nothing);
      expect(settings.admin).toEqual({ host: "127.0.0.1", port: 8088, hosts: [], users: [] });
      expect(wantsAdmin).toBe(false);
    }
  });

  test("is insisted on when the file says something", () => {
    expect(read("admin: true")).toMatchObject({ settings: { admin: { port: 8088 } }, wantsAdmin: true });
    expect(read("admin: { port: 0 }")).toMatchObject({ settings: { admin: { port: 0 } }, wantsAdmin: true });
  });

  test("can be switched off, also from the command line", () => {
    expect(read("admin: false")).toMatchObject({ settings: { admin: false }, wantsAdmin: false });
    const plan = load(services, registry, { overrides: ["admin=false"] });
    expect(plan.settings.admin).toBe(false);
  });

  test.each([
    ["admin: { host: 0.0.0.0 }", "admin.token: must be set, 16 characters or more"],
    ["admin: { host: '::' }", "admin.token: must be set, 16 characters or more"],
    ["admin: { token: short }", "admin.token: must be 16 characters or more\n"],
    ["admin: { prot: 1 }", 'admin.prot: there is no setting "prot". Did you mean "port"?'],
    ["admin: 5", "admin: must be true or false or a map of settings, and is 5"],
  ])("%s is refused", (yaml, message) => {
    expect(reportOf(`${yaml}\n${services}`, registry)).toContain(message);
  });

  const hash = hashOf("0123456789abcdef");

  test("users have a token or its hash, and may look unless their role says more", () => {
    const yaml = `admin: { host: 0.0.0.0, users: [{ name: ani, token: abcdefghijklmnop }, { name: budi, tokenHash: "${hash}", role: admin }] }`;
    expect(read(yaml).settings.admin).toMatchObject({
      users: [
        { name: "ani", token: "abcdefghijklmnop", role: "view" },
        { name: "budi", tokenHash: hash, role: "admin" },
      ],
    });
  });

  test.each([
    ["{ name: ani }", "admin.users.0.token: must be set: a token or a tokenHash"],
    [
      `{ name: ani, token: 0123456789abcdef, tokenHash: "${hash}" }`,
      "admin.users.0.token: and tokenHash are both set",
    ],
    ["{ name: ani, token: short }", "admin.users.0.token: must be 16 characters or more"],
    ["{ name: ani, token: generate }", "admin.users.0.token: cannot be made at the start"],
    [
      "{ name: ani, tokenHash: 'sha256:12' }",
      "admin.users.0.tokenHash: must be sha256: and 64 hexadecimal digits",
    ],
    ["{ name: token, token: 0123456789abcdef }", 'admin.users.0.name: must be another name: "token" is what'],
    ["{ name: SIGHUP, token: 0123456789abcdef }", 'admin.users.0.name: must be another name: "SIGHUP"'],
    ["{ name: Nobody, token: 0123456789abcdef }", 'admin.users.0.name: must be another name: "Nobody"'],
    ["{ name: a b, token: 0123456789abcdef }", "admin.users.0.name: must be a name of 1 to 64 letters"],
    ["{ name: ani, token: 0123456789abcdef, role: root }", "admin.users.0.role: must be"],
    [
      "{ name: ani, token: 0123456789abcdef, rol: admin }",
      'admin.users.0.rol: there is no setting "rol". Did you mean "role"?',
    ],
    [
      `{ name: ani, token: 0123456789abcdef }, { name: ani, token: abcdefghijklmnop }`,
      "admin.users.1.name: must be its own: admin.users.0 has the same",
    ],
    [
      `{ name: ani, token: 0123456789abcdef }, { name: budi, tokenHash: "${hash.toUpperCase().replace("SHA", "sha")}" }`,
      "admin.users.1.token: must be its own: admin.users.0 has the same",
    ],
  ])("admin.users: [%s] is refused, and shows no secret", (user, message) => {
    const report = reportOf(`admin: { users: [${user}] }\n${services}`, registry);
    expect(report).toContain(message);
    for (const secret of ["0123456789abcdef", "abcdefghijklmnop", hash]) expect(report).not.toContain(secret);
  });

  test("a token from the environment is not shown, not even when it is wrong", () => {
    const environment = { TOKEN: "too-short" };
    const yaml = `admin: { token: "\${TOKEN}" }\n${services}`;
    expect(reportOf(yaml, registry, { environment })).not.toContain("too-short");
  });

  const everywhere = (token: string) => `admin: { host: 0.0.0.0, token: ${token} }`;

  test("a token of digits alone is a token, wherever it comes from", () => {
    const digits = "1234567890123456";
    const environment = { TOKEN: digits };
    for (const reference of ["${TOKEN}", '"${TOKEN}"']) {
      const plan = load(`admin:\n  token: ${reference}\n${services}`, registry, { environment });
      expect(plan.settings.admin).toMatchObject({ token: digits });
    }
    const plan = load(services, registry, { overrides: [`admin.token=${digits}`] });
    expect(plan.settings.admin).toMatchObject({ token: digits });
  });

  test.each([
    ["with a space in it", "'correct horse battery staple'"],
    ["that is not ASCII", "'schlüsselschlüssel'"],
  ])("a token %s would lock everybody out, and is refused", (_, token) => {
    expect(reportOf(`${everywhere(token)}\n${services}`, registry)).toContain(
      "admin.token: must be letters, digits and signs of ASCII, without a space\n",
    );
  });

  test.each(["admin.token=12345", "admin.token=sesame open", "admin.token=[12345]", "admin.token.x=12345"])(
    "--set %s is refused without showing it",
    (override) => {
      const report = reportOf(`admin: { token: 0123456789abcdef }\n${services}`, registry, {
        overrides: [override],
      });
      expect(report).toContain("--set admin.token");
      expect(report).not.toContain(override.slice(override.indexOf("=") + 1));
    },
  );

  test("a token that the environment does not have is one mistake", () => {
    const report = reportOf(`${everywhere('"${TOKEN}"')}\n${services}`, registry);
    expect(report.match(/admin\.token/g)).toHaveLength(1);
    expect(report).toContain("the environment has no TOKEN");
  });

  test("a port that a service has is refused, when the file insists on the admin service", () => {
    const taken = "services: { echo: { port: 8088 } }";
    expect(reportOf(`admin: { port: 8088 }\n${taken}`, registry)).toContain(
      "admin.port: TCP port 8088 is taken by services.echo; give one of them another port",
    );
    expect(reportOf(`admin: true\n${taken}`, registry)).toContain("TCP port 8088 is taken by services.echo");
    expect(load(taken, registry).wantsAdmin).toBe(false);
    expect(load(`admin: { port: 0 }\n${taken}`, registry).wantsAdmin).toBe(true);
  });

  test.each(["127.0.0.1", "127.3.2.1", "localhost", "::1"])("needs no token on %s", (host) => {
    expect(read(`admin: { host: "${host}" }`).settings.admin).toMatchObject({ host });
  });

  describe("takes its token from the environment", () => {
    const good = "from-the-environment";
    const direct = { DISTSRV_ADMIN_TOKEN: good };

    function file(text: string): { DISTSRV_ADMIN_TOKEN_FILE: string } {
      const folder = scratchFolder("token");
      const path = join(folder, "token");
      writeFileSync(path, text);
      return { DISTSRV_ADMIN_TOKEN_FILE: path };
    }

    test("where the file has none, and before that of the file", () => {
      for (const admin of [
        "",
        "admin: true",
        "admin: { host: 0.0.0.0 }",
        everywhere("generate"),
        everywhere(`x${good}`),
      ])
        expect(load(`${admin}\n${services}`, registry, { environment: direct }).settings.admin).toMatchObject(
          { token: good },
        );
    });

    test("also from a file that it names, whose last line break does not count", () => {
      const plan = load(`${everywhere("generate")}\n${services}`, registry, {
        environment: file(`${good}\n`),
      });
      expect(plan.settings.admin).toMatchObject({ token: good });
    });

    test("and without an admin service reads none", () => {
      const environment = { DISTSRV_ADMIN_TOKEN_FILE: "/there/is/none" };
      expect(load(`admin: false\n${services}`, registry, { environment }).settings.admin).toBe(false);
    });

    test("an empty variable counts as absent", () => {
      const environment = { DISTSRV_ADMIN_TOKEN: "", DISTSRV_ADMIN_TOKEN_FILE: "" };
      expect(
        load(`${everywhere("generate")}\n${services}`, registry, { environment }).settings.admin,
      ).toMatchObject({
        token: "generate",
      });
    });

    test.each<[string, () => Record<string, string>, string]>([
      [
        "a short one",
        () => ({ DISTSRV_ADMIN_TOKEN: "sesame" }),
        "DISTSRV_ADMIN_TOKEN: must be 16 characters or more",
      ],
      ["a short one in a file", () => file("sesame"), "token, whose text must be 16 characters or more"],
      ["an empty file", () => file("\n"), "token, which is empty"],
      [
        "no file",
        () => ({ DISTSRV_ADMIN_TOKEN_FILE: "/there/is/none" }),
        "DISTSRV_ADMIN_TOKEN_FILE: names /there/is/none, which cannot be read: ENOENT",
      ],
      [
        "both",
        () => ({ ...direct, ...file(good) }),
        "DISTSRV_ADMIN_TOKEN: is set, and DISTSRV_ADMIN_TOKEN_FILE, too",
      ],
    ])("%s is refused without showing it", (_, environment, message) => {
      const report = reportOf(`${everywhere("generate")}\n${services}`, registry, {
        environment: environment(),
      });
      expect(report).toContain(message);
      expect(report).not.toContain("sesame");
      expect(report).not.toContain(good);
    });
  });

  test("with a token may listen everywhere", () => {
    const { settings } = read("admin: { host: 0.0.0.0, token: 0123456789abcdef }");
    expect(settings.admin).toMatchObject({ host: "0.0.0.0", token: "0123456789abcdef" });
  });
});
