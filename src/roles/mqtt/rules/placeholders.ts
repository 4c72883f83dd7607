import type { Identity } from "../ports/access.ts";

const placeholder = /%[cu]/g;

/** Whether a pattern means something else for each client: %c is its identifier, %u its user name. */
export const hasPlaceholder = (filter: string): boolean => filter.search(placeholder) >= 0;

/**
 * The filter with the client's names in it; undefined: it matches nothing of this client. A client may be named
 * anything: a name with a wildcard would open other clients' topics, and one with a slash those of another level, so a
 * pattern that gives does not count for it. No topic has a wildcard in it, so there is nothing to take away either.
 */
export function placed(filter: string, { clientId, username }: Identity, gives: boolean): string | undefined {
  let isUnsafe = false;
  const text = filter.replace(placeholder, (which) => {
    const name = (which === "%c" ? clientId : username) ?? "";
    if (name === "" || /[+#]/.test(name) || (gives && name.includes("/"))) isUnsafe = true;
    return name;
  });
  // Topics of the server's own are given by their name only.
  if (gives && text.startsWith("$") && !filter.startsWith("$")) return undefined;
  return isUnsafe ? undefined : text;
}
