import type { Role } from "../core/role.ts";
import { echo } from "./echo/index.ts";
import { oneway } from "./oneway/index.ts";
import { time } from "./time/index.ts";
import { udp } from "./udp/index.ts";
import { upcall } from "./upcall/index.ts";

/** Every kind of server there is. A new one is a folder, an import and a word here. */
export const roles: readonly Role[] = Object.values({
  echo,
  upcall,
  oneway,
  time,
  udp,
});
