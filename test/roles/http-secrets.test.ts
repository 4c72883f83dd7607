import { expect, test } from "bun:test";
import { roles } from "../../src/roles/index.ts";
import { labOperations } from "../support/lab-operations.ts";
import { RawClient } from "../support/raw-client.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";

const secrets = ["c2VjcmV0", "chocolate-chip", "open-sesame", "hunter2", "proxy-pass"];

const heads = [
  "GET /add?a=5&b=9&token=open-sesame&pass%77ord=hunter2 HTTP/1.1",
  "POST /add?api_key=open-sesame&a=5&ACCESS_TOKEN=hunter2&b=9 HTTP/1.1",
];

/** Every role that speaks HTTP. */
const httpRoles = roles.filter(({ name }) => ["rest", "soap", "jsonrpc"].includes(name));

test.each(httpRoles)("$name shows observers no token, cookie or password", async (role) => {
  const { port, events } = await startRole(role, {}, { operations: labOperations, observe: true });
  for (const head of heads) {
    const client = await RawClient.connect(port);
    client.write(
      `${head}\r\nHost: lab\r\nAUTHORIZATION: Bearer c2VjcmV0\r\nCookie: id=chocolate-chip\r\n` +
        "Proxy-Authorization: Basic proxy-pass\r\nX-Api-Key: open-sesame\r\nX-Kelas: sister\r\n" +
        "Content-Length: 2\r\nConnection: close\r\n\r\n{}",
    );
    await client.text(12);
    client.end();
  }
  const shown = () =>
    events.map((event) => {
      const bytes = "bytes" in event && event.bytes !== undefined ? Buffer.from(event.bytes).toString() : "";
      return `${JSON.stringify({ ...event, bytes: undefined })} ${bytes}`;
    });
  await until(() => shown().filter((line) => line.includes("HTTP/1.1")).length >= 4);
  const all = shown().join("\n");
  for (const secret of secrets) expect(all).not.toContain(secret);
  // What is no secret is there.
  expect(all.toLowerCase()).toContain("authorization: ***");
  expect(all).toContain("a=5&b=9&token=***&pass%77ord=***");
  expect(all).toContain("api_key=***&a=5&ACCESS_TOKEN=***&b=9");
  expect(all.toLowerCase()).toContain("x-kelas: sister");
});
