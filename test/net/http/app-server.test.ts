import { expect, onTestFinished, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import { type AppHandler, serveApp } from "../../../src/net/http/app-server.ts";

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
  await expect(again()).rejects.toThrow(StartError);
  await expect(again()).rejects.toThrow(
    /Cannot start "admin" on TCP 127\.0\.0\.1:\d+: the port is in use.* --set admin\.port=\d+/,
  );
});

test("a stop lets a request in flight finish, and cuts off what takes too long", async () => {
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  const { promise: answer, resolve: give } = Promise.withResolvers<Response>();
  const { url, server } = await start((request) => {
    isAsked();
    return request.url.endsWith("/never") ? new Promise(() => {}) : answer;
  });
  const reply = fetch(url);
  const never = fetch(`${url}never`).then(
    () => "answered",
    () => "cut off",
  );
  await asked;
  const stopped = server.stop(AbortSignal.timeout(200));
  give(new Response("done"));
  expect(await (await reply).text()).toBe("done");
  await stopped;
  expect(await never).toBe("cut off");
});
