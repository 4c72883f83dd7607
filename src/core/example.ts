import type { Address } from "./address.ts";

/** `distcli time 127.0.0.1`, with `-p` where the port is not the lab's own. */
export function tryCommand(
  command: string,
  address: Address | undefined,
  usualPort: number,
  rest = "",
): string {
  const port = address === undefined || address.port === usualPort ? "" : ` -p ${address.port}`;
  return `distcli ${command} ${address?.host ?? "HOST"}${port}${rest === "" ? "" : ` ${rest}`}`;
}
