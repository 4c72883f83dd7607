import { describe, expect, test } from "bun:test";
import { fakeParts, fakeRole, load, reportOf } from "../../support/parts.ts";

const parts = fakeParts(fakeRole("echo"));
const services = "services: { echo: }\n";
const read = (admin: string) => load(`${admin}\n${services}`, parts);

describe("admin in the configuration", () => {
  test("is on at 127.0.0.1:8088 when the file says nothing, and is then not insisted on", () => {
    for (const nothing of ["", "admin:"]) {
      const { settings, wantsAdmin } = read(nothing);
      expect(settings.admin).toEqual({ host: "127.0.0.1", port: 8088, hosts: [] });
      expect(wantsAdmin).toBe(false);
    }
  });

  test("is insisted on when the file says something", () => {
    expect(read("admin: true")).toMatchObject({ settings: { admin: { port: 8088 } }, wantsAdmin: true });
    expect(read("admin: { port: 0 }")).toMatchObject({ settings: { admin: { port: 0 } }, wantsAdmin: true });
  });

  test("can be switched off, also from the command line", () => {
    expect(read("admin: false")).toMatchObject({ settings: { admin: false }, wantsAdmin: false });
    const plan = load(services, parts, { overrides: ["admin=false"] });
    expect(plan.settings.admin).toBe(false);
  });

  test.each([
    ["admin: { host: 0.0.0.0 }", "admin.token: must be set, 16 characters or more"],
    ["admin: { host: '::' }", "admin.token: must be set, 16 characters or more"],
    ["admin: { token: short }", "admin.token: must be 16 characters or more\n"],
    ["admin: { prot: 1 }", 'admin.prot: there is no setting "prot". Did you mean "port"?'],
    ["admin: 5", "admin: must be true or false or a map of settings, and is 5"],
  ])("%s is refused", (yaml, message) => {
    expect(reportOf(`${yaml}\n${services}`, parts)).toContain(message);
  });

  test("a token from the environment is not shown, not even when it is wrong", () => {
    const environment = { TOKEN: "too-short" };
    const yaml = `admin: { token: "\${TOKEN}" }\n${services}`;
    expect(reportOf(yaml, parts, { environment })).not.toContain("too-short");
  });

  test.each(["127.0.0.1", "127.3.2.1", "localhost", "::1"])("needs no token on %s", (host) => {
    expect(read(`admin: { host: "${host}" }`).settings.admin).toMatchObject({ host });
  });

  test("with a token may listen everywhere", () => {
    const { settings } = read("admin: { host: 0.0.0.0, token: 0123456789abcdef }");
    expect(settings.admin).toMatchObject({ host: "0.0.0.0", token: "0123456789abcdef" });
  });
});
