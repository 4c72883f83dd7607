import { createRoute, z } from "@hono/zod-openapi";
import { adminRoles } from "../../config/admin-users.ts";
import type { AddRoutes } from "../context.ts";
import { json } from "../schemas.ts";

const me = z
  .object({
    name: z
      .string()
      .meta({ description: "As admin.users or the machine call the user; token: the one of admin.token." }),
    role: z.enum(adminRoles).meta({
      description: "view: may look; operate: may change services and their clients; admin: everything.",
    }),
    by: z.enum(["user", "token", "machine"]).meta({
      description:
        "What says so: a user's token, admin.token, or the machine, which knows whose connection it is.",
    }),
  })
  .openapi("Me");

const route = createRoute({
  method: "get",
  path: "/api/me",
  summary: "Who asks, and what that user may do",
  responses: { 200: json(me, "Who it is") },
});

export const addMe: AddRoutes = (app) => {
  app.openapi(route, (c) => c.json({ ...c.get("caller") }, 200));
};
