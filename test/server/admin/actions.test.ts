import { describe, expect, test } from "bun:test";
import { testAdmin } from "./admin.ts";

const doors = "/api/services/vault/views/doors";
const knock = "/api/services/vault/actions/knock";

describe("views and actions", () => {
  test("a view is asked with the query and shown as it is", async () => {
    const { ask } = await testAdmin();
    expect(await (await ask(`${doors}?filter=sister/%23&limit=3`)).json()).toEqual({
      asked: { filter: "sister/#", limit: "3" },
    });
  });

  test("the error of a view or an action is reported in its own words", async () => {
    const { ask, post } = await testAdmin();
    const view = await ask("/api/services/vault/views/broken");
    expect([view.status, await view.json()]).toEqual([
      400,
      { error: 'Cannot show vault\'s view "broken": there is no door "x"; there are a and b' },
    ]);
    const action = await post(knock);
    expect([action.status, await action.json()]).toEqual([
      400,
      { error: 'Cannot knock on "vault": the input must be a map' },
    ]);
  });

  test("an action gets the body and gives its result", async () => {
    const { post } = await testAdmin();
    expect(await (await post(knock, { hard: true })).json()).toEqual({ result: { knocked: { hard: true } } });
    expect(await (await post("/api/services/vault/actions/nothing")).json()).toEqual({ result: null });
  });

  test.each([
    ["/api/services/vault/views/dors", 404, 'There is no view "dors" of "vault": did you mean "doors"?'],
    ["/api/services/vault/views/constructor", 404, 'There is no view "constructor"'],
    ["/api/services/echo/views/doors", 404, 'There is no view "doors" of "echo": it has none'],
    ["/api/services/nobody/views/doors", 404, 'There is no service "nobody"'],
  ])("%s is %d", async (path, status, message) => {
    const { ask } = await testAdmin();
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.stringContaining(message) });
  });

  test("a service that does not run has nothing to show", async () => {
    const { ask, post } = await testAdmin();
    await post("/api/services/vault/stop");
    const answer = await ask(doors);
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: 'Cannot use the view "doors": "vault" is stopped' },
    ]);
  });

  test("a body that any form could send, that is no JSON, or too large is refused", async () => {
    const { ask } = await testAdmin();
    const send = (body: string, type: string) =>
      ask(knock, { method: "POST", body, headers: { "content-type": type } });
    expect((await send("{}", "text/plain")).status).toBe(415);
    expect((await send("{}", "application/x-www-form-urlencoded")).status).toBe(415);
    expect((await send("{", "application/json")).status).toBe(400);
    const large = await send(JSON.stringify("x".repeat(1024 * 1024)), "application/json");
    expect([large.status, await large.json()]).toEqual([
      413,
      { error: "Cannot take the request: its body is larger than 1048576 bytes" },
    ]);
  });
});
