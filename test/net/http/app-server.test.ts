import { expect, onTestFinished, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import { type AppHandler, serveApp } from "../../../src/net/http/app-server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { until } from "../../support/until.ts";

const log = { debug() {}, info() {}, warning() {}, error() {} };

async function start(handler: AppHandler, port = 0) {
  const server = await serveApp({ service: "admin", host: "127.0.0.1", port, log }, handler);
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, url: `http://127.0.0.1:${server.address.port}/` };
}

test("an app gets the client's address, and listens where it says", async () => {
  const { url, server } = await start((_, remote) => new Response(remote));
  expect(server.address).toMatchObject({ transport: "tcp", host: "127.0.0.1" });
  expect(await (await fetch(url)).text()).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("a port in use is reported with the setting to change", async () => {
  const { server } = await start(() => new Response());
  const again = () => start(() => new Response(), server.address.port);
  await rejects(again(), StartError);
  await rejects(
    again(),
    /Cannot start "admin" on TCP 127\.0\.0\.1:\d+: the port is in use.* --set admin\.port=\d+/,
  );
});

test("an absolute target's host counts, not that of the header, and cookies are fields of their own", async () => {
  const { server } = await start((request) => {
    const headers = new Headers({ "X-Host": `${new URL(request.url).host} ${request.headers.get("Host")}` });
    for (const cookie of ["a=1", "b=2"]) headers.append("Set-Cookie", cookie);
    return new Response("", { headers });
  });
  const client = await RawClient.connect(server.address.port);
  client.write("GET http://one:81/a HTTP/1.1\r\nHost: two\r\nConnection: close\r\n\r\n");
  const reply = (await client.all()).toString();
  expect(reply).toContain("\r\nX-Host: one:81 one:81\r\n");
  expect(reply).toContain("\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
});

test("a stop lets a request in flight finish, and cuts off what takes too long", async () => {
  let asked = 0;
  const { promise: answer, resolve: give } = Promise.withResolvers<Response>();
  const { url, server } = await start((request) => {
    asked++;
    return request.url.endsWith("/never") ? new Promise(() => {}) : answer;
  });
  const reply = fetch(url);
  const never = fetch(`${url}never`).then(
    () => "answered",
    () => "cut off",
  );
  await until(() => asked === 2);
  const deadline = new AbortController();
  const stopped = server.stop(deadline.signal);
  give(new Response("done"));
  expect(await (await reply).text()).toBe("done");
  deadline.abort();
  await stopped;
  expect(await never).toBe("cut off");
});
