import { describe, expect, test } from "bun:test";
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

describe("what is refused as no request is shown without credentials all the same", () => {
  const hidden = (name: string, head: string) =>
    test(name, () => {
      const masked = shown(head);
      expect(masked).not.toContain("SECRET");
      expect(masked.length).toBe(head.length);
      // The rest stays, line by line.
      const ends = (text: string) => text.match(/\r\n|\r|\n/g);
      expect(ends(masked)).toEqual(ends(head));
      expect(masked).toContain("OPEN");
    });
  const request = (...lines: string[]) => ["GET /OPEN HTTP/1.1", ...lines, "", ""].join("\r\n");

  hidden("a folded line", request("Authorization:", " Bearer SECRET"));
  hidden("several folded lines", request("authorization: Bearer", "\tabc", " x: SECRET", "\tSECRET"));
  hidden("a folded line before the first field", request(" Authorization: Bearer SECRET"));
  hidden("a line end in a pasted token", request("Authorization: Bearer abc", "SECRET"));
  hidden("a folded address", request("Referer: http://h/", " ?a=b&token=SECRET"));
  hidden("a folded address that begins with its key", request("Referer: http://h/?", " token=SECRET"));
  hidden("white space before the colon", request("PROXY-AUTHORIZATION \t: Basic SECRET"));
  hidden("white space in the name", request("X Token: SECRET"));
  hidden("no colon", request("Authorization Bearer SECRET"));
  hidden("an equals sign for the colon", request("Cookie=SECRET"));
  hidden("a field that is misspelt", request("Autorization: Bearer SECRET", "Autorisatoin: basic SECRET"));
  hidden("lines that end in LF alone", "GET /OPEN HTTP/1.1\nAuthorization: Bearer SECRET\nA: b\n\n");
  hidden("lines that end in CR alone", "GET /OPEN HTTP/1.1\rCookie: a=SECRET\rA: b\r\r");
  hidden("a CR in a credential", request("Authorization: Bearer abc\rSECRET"));
  hidden("a version in a credential", request("Cookie: SECRET HTTP/1.1", "Cookie : SECRET HTTP/1.1"));
  hidden("a field for the first line", "Authorization: Bearer SECRET\r\nHost: OPEN\r\n\r\n");
  hidden("a head that is cut off", "GET / HTTP/1.1\r\nHost: OPEN\r\nAuthorization: Bearer SECRET");
  hidden("a target that is cut off", "GET /OPEN?a=b&token=SECRET");
  hidden("an address that is cut off", "GET http://ani:SECRET@OPEN");
  hidden("no version", "GET /OPEN?token=SECRET\r\n\r\n");
  hidden("a fragment", "GET /OPEN#access_token=SECRET HTTP/1.1\r\n\r\n");
  hidden("a parameter of the path", "GET /OPEN;token=SECRET HTTP/1.1\r\n\r\n");
  hidden("user information", "GET http://ani:SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information with an at sign", "GET HTTPS://ani:SECRET@SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information that is only a token", "GET http://SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information without a scheme", "GET ani:SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information in a path", "GET //ani:SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information after one slash", "GET http:/ani:SECRET@OPEN/add HTTP/1.1\r\n\r\n");
  hidden("user information of CONNECT", "CONNECT ani:SECRET@OPEN:443 HTTP/1.1\r\n\r\n");
  hidden(
    "user information in fields",
    request("Host: ani:SECRET@h", "Referer: http://ani:SECRET@h/", "Origin: https://SECRET@h"),
  );
  hidden(
    "a second request behind a bad one",
    request("bad") +
      "POST /?token=SECRET HTTP/1.1\r\nCookie: SECRET\r\n\r\nGET http://a:SECRET@h/ HTTP/1.1\r\n\r\n",
  );
});

test("what only looks like a credential stays", () => {
  for (const line of [
    "GET /users/ani@example.org?mail=ani@example.org HTTP/1.1",
    "GET /@scope/auth:x?next=http://h/ HTTP/1.1",
    "GET /token/pass?author=%41ni HTTP/1.1",
    "HTTP/1.1 200 OK",
  ]) {
    const head = `${line}\r\nFrom: ani@example.org\r\nAccept: text/html;q=0.9\r\nWWW-Authenticate: Basic realm="x"\r\n\r\nbody\r\n`;
    expect(shown(head)).toBe(head);
  }
});

test("a field that follows a secret one is shown", () => {
  expect(shown("GET / HTTP/1.1\r\nCookie: a=b\r\nA: b\r\n\r\n c\r\n")).toBe(
    "GET / HTTP/1.1\r\nCookie: ***\r\nA: b\r\n\r\n c\r\n",
  );
});

test("no text keeps the server busy, however it is made", () => {
  const units = [
    "?%",
    "%",
    "token",
    "auth:",
    "auth",
    "//",
    "//@",
    "@",
    "?token=",
    "\r\n auth",
    "\r",
    "a:",
    " ",
  ];
  for (const unit of [...units, "Bearer ", "HTTP/1.1 ", "\t", "&=", ";;", "http://", "a b", "pass=%"]) {
    for (const start of ["GET /", "GET ", "Cookie: ", ""]) {
      const head = `${start}${unit.repeat(20_000).slice(0, 16_384)}@`;
      expect(shown(head).length).toBe(head.length);
    }
  }
});

test("user information in a target becomes three asterisks, too", () => {
  expect(redactedTarget("http://ani:abc@x/add?a=5")).toBe("http://***@x/add?a=5");
});
