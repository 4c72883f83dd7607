import { describe, expect, test } from "bun:test";
import { answerUpgrade, type UpgradeRules } from "../../../src/protocol/websocket/upgrade.ts";
import { acceptance, upgradeRequest } from "../../support/web-socket-frames.ts";

const rules: UpgradeRules = { paths: ["/mqtt", "/"], origins: [], protocols: ["mqtt", "mqttv3.1"] };
const answer = (request: string, more: Partial<UpgradeRules> = {}) =>
  answerUpgrade(request.slice(0, -4), { ...rules, ...more });

test("the example of RFC 6455 is answered as it says", () => {
  expect(answer(upgradeRequest())).toEqual({ status: 101, text: acceptance });
});

test("[MQTT-6.0.0-4] of what the client offers, the first that is spoken here is chosen", () => {
  const chosen = (offer: string) =>
    /Sec-WebSocket-Protocol: (.*)\r/.exec(
      answer(upgradeRequest({ "Sec-WebSocket-Protocol": offer })).text,
    )?.[1];
  expect(chosen("mqtt")).toBe("mqtt");
  expect(chosen("wamp,mqttv3.1 , mqtt")).toBe("mqttv3.1");
  expect(chosen("chat, mqtt")).toBe("mqtt");
});

test("names and tokens are read in any case, lists as lists, and a query is not part of the path", () => {
  const headers = { connection: "keep-alive, UPGRADE", Connection: undefined, Upgrade: "WebSocket" };
  expect(answer(upgradeRequest(headers, "/mqtt?token=1")).status).toBe(101);
});

test("a token comes in the Authorization header of a request that is accepted", () => {
  const bearer = (authorization: string | undefined, more: Record<string, string> = {}) =>
    answer(upgradeRequest({ Authorization: authorization, ...more })).bearer;
  expect(bearer("Bearer abc.DEF_-~+/==")).toBe("abc.DEF_-~+/==");
  expect(bearer("bearer  x")).toBe("x");
  for (const other of [undefined, "", "Bearer", "Bearer a b", "Bearer a,b", "Basic YTpi", "Bearer a\u{ff}"])
    expect(bearer(other)).toBeUndefined();
  expect(bearer("Bearer x", { "Sec-WebSocket-Version": "8" })).toBeUndefined();
});

test("an origin is asked for only where some are named, and only of who sends one", () => {
  const origins = ["https://lab.example"];
  expect(answer(upgradeRequest({ Origin: "https://evil.example" })).status).toBe(101);
  expect(answer(upgradeRequest({ Origin: "https://evil.example" }), { origins }).status).toBe(403);
  expect(answer(upgradeRequest({ Origin: "https://lab.example" }), { origins }).status).toBe(101);
  expect(answer(upgradeRequest(), { origins }).status).toBe(101);
});

describe("a request is refused", () => {
  const refused: readonly [string, number, string][] = [
    ["without an upgrade", 426, upgradeRequest({ Upgrade: undefined, Connection: undefined })],
    ["that upgrades to something else", 426, upgradeRequest({ Upgrade: "h2c" })],
    ["by POST", 426, upgradeRequest().replace("GET", "POST")],
    ["of an older version", 426, upgradeRequest({ "Sec-WebSocket-Version": "8" })],
    ["for another path", 404, upgradeRequest({}, "/elsewhere")],
    ["without a key", 400, upgradeRequest({ "Sec-WebSocket-Key": undefined })],
    ["with a key of the wrong length", 400, upgradeRequest({ "Sec-WebSocket-Key": "c2hvcnQ=" })],
    [
      "that offers another protocol only [MQTT-6.0.0-3]",
      400,
      upgradeRequest({ "Sec-WebSocket-Protocol": "chat" }),
    ],
    ["that offers no protocol [MQTT-6.0.0-3]", 400, upgradeRequest({ "Sec-WebSocket-Protocol": undefined })],
    ["without a host", 400, upgradeRequest({ Host: undefined })],
    ["with two hosts", 400, upgradeRequest({ host: "other" })],
    ["of HTTP/1.0", 400, upgradeRequest().replace("HTTP/1.1", "HTTP/1.0")],
    ["with a folded header", 400, upgradeRequest({ "X-A": "b\r\n c" })],
    ["with a space before the colon", 400, upgradeRequest({ "X-A ": "b" })],
    ["with a bare line feed", 400, upgradeRequest({ "X-A": "b\nX-B: c" })],
    ["that is MQTT", 400, "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\r\n\r\n"],
  ];
  test.each(refused)("%s: %d", (_, status, request) => {
    const reply = answer(request);
    expect(reply.status).toBe(status);
    const [head = "", body = ""] = reply.text.split("\r\n\r\n");
    expect(head).toStartWith(`HTTP/1.1 ${status} `);
    expect(head).toMatch(/^Connection: .*close$/m);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  });

  test("and a browser that came by HTTP is answered where to go", () => {
    const { text } = answer(upgradeRequest({ Upgrade: undefined, Host: "lab:8083" }, "/"));
    expect(text).toContain("ws://lab:8083/mqtt with the subprotocol mqtt");
    expect(text).toContain("Upgrade: websocket\r\n");
  });
});
