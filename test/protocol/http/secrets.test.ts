import { expect, test } from "bun:test";
import { redactedTarget, withoutSecrets } from "../../../src/protocol/http/secrets.ts";

const shown = (head: string): string =>
  Buffer.from(withoutSecrets(Buffer.from(head, "latin1"))).toString("latin1");

test("credentials in a head become as many asterisks, and everything else stays", () => {
  const head =
    "GET /add?a=5&token=abc&b=%zz HTTP/1.1\r\nHost: x\r\nauthorization:  Bearer abc\r\nCookie: a=b; c=d\r\nX-Api-Key:k\r\nA: b\r\n\r\n";
  expect(shown(head)).toBe(
    "GET /add?a=5&token=***&b=%zz HTTP/1.1\r\nHost: x\r\nauthorization:  **********\r\nCookie: ********\r\nX-Api-Key:*\r\nA: b\r\n\r\n",
  );
  expect(shown("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n")).toBe(
    "HTTP/1.1 200 OK\r\nSet-Cookie: ***\r\n\r\n",
  );
});

test("neither an empty line before the head, nor another field or name for them, lets credentials through", () => {
  expect(shown("\r\nGET /?token=abc HTTP/1.1\r\nHost: x\r\n\r\n")).toBe(
    "\r\nGET /?token=*** HTTP/1.1\r\nHost: x\r\n\r\n",
  );
  expect(
    shown("GET / HTTP/1.1\r\nReferer: http://h/?token=abc\r\nX-Access-Token: k\r\nX-Auth: kk\r\n\r\n"),
  ).toBe("GET / HTTP/1.1\r\nReferer: http://h/?token=***\r\nX-Access-Token: *\r\nX-Auth: **\r\n\r\n");
  expect(shown("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n")).toContain(": Basic");
});

test("a head without credentials is shown as it is, without a copy", () => {
  const head = Buffer.from("GET /add?a=5&b=9 HTTP/1.1\r\nHost: x\r\nUser-Agent: \xe9\r\n\r\n", "latin1");
  expect(withoutSecrets(head)).toBe(head);
});

test("a target is shown without credentials, however their names are written", () => {
  expect(redactedTarget("/a?%74oken=x&access_token=y;password=z&c=d")).toBe(
    "/a?%74oken=***&access_token=***;password=***&c=d",
  );
  expect(redactedTarget("/token=x")).toBe("/token=x");
});
