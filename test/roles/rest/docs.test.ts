import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { operationTable } from "../../../src/core/operation.ts";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { docsPage } from "../../../src/roles/rest/docs/page.ts";
import { rest } from "../../../src/roles/rest/index.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { startRole } from "../../support/start-role.ts";

const operation = z.object({ operationId: z.string(), responses: z.record(z.string(), z.unknown()) });
const document = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.object({ get: operation, post: operation })),
});

describe("/openapi.json", () => {
  test("is an OpenAPI 3.1 document with every name and alias, whose operations have names of their own", async () => {
    const { port } = await startRole(rest, {}, { operations: labOperations });
    const reply = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    expect(reply.headers.get("content-type")).toBe("application/json");
    const { openapi, paths } = document.parse(await reply.json());
    expect(openapi).toStartWith("3.1.");
    const names = labOperations.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(Object.keys(paths)).toEqual(names.map((name) => `/${name}`));
    const ids = Object.values(paths).flatMap(({ get, post }) => [get.operationId, post.operationId]);
    expect(new Set(ids).size).toBe(names.length * 2);
    expect(Object.keys(paths["/add"]?.get.responses ?? {})).toEqual(["200", "400"]);
    expect(Object.keys(paths["/add"]?.post.responses ?? {})).toEqual(["200", "400", "408", "413"]);
  });
});

describe("/docs", () => {
  test("is a page with a form per operation, and loads nothing from elsewhere", async () => {
    const { port } = await startRole(rest, {}, { operations: labOperations });
    const reply = await fetch(`http://127.0.0.1:${port}/docs`);
    expect(reply.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(reply.headers.get("content-security-policy")).toContain("default-src 'none'");
    const page = await reply.text();
    expect(page.match(/<form /g)).toHaveLength(labOperations.length);
    for (const { name } of labOperations) expect(page).toContain(`action="/${name}"`);
    expect(page).not.toMatch(/(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//);
  });

  test("shows names from the configuration as text, whatever they are", async () => {
    const evil = compileOperation({
      name: '"><script>alert(1)</script>',
      expression: "a+b",
      aliases: ["<i>"],
    });
    const page = await docsPage("<b>", operationTable([evil]));
    expect(page).not.toContain("<script>alert");
    expect(page).not.toContain("<b>");
    expect(page).not.toContain("<i>");
    expect(page).toContain("&lt;b&gt;");
  });
});
