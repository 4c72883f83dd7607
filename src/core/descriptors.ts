/**
 * How the connections of all services share the file descriptors of the process. A new descriptor gets the lowest
 * number that is free, so its number alone says whether there is room: nothing has to be counted, and threads, HTTP
 * clients and files are in it, too. Plain data, because it is posted to worker threads.
 */
export interface DescriptorBudget {
  /** What the operating system allows the process (RLIMIT_NOFILE). */
  readonly limit: number;
  /** From this descriptor on, a listener with less than its share of connections still accepts, and no other. */
  readonly shared: number;
  /** From this descriptor on, nobody accepts: the rest is for the admin service, files, threads and names. */
  readonly reserved: number;
  /** Connections that each listener may have, however many the others have. */
  readonly share: number;
}

/** The least and the most that is reserved. At the limit Bun 1.4 aborts when it starts a thread, among others. */
const [minReserve, maxReserve] = [12, 64];
const maxShare = 32;

/** What a listener takes itself, with a part of its thread. */
const perListener = 2;

/**
 * @param open descriptors that are open before the services start
 * @param listeners of all services, in all their threads
 */
export function divideDescriptors(limit: number, open: number, listeners: number): DescriptorBudget {
  const reserve = Math.min(maxReserve, Math.max(minReserve, Math.floor(limit / 16)));
  const reserved = limit - reserve;
  const room = Math.max(0, reserved - open - perListener * listeners);
  const share = Math.min(maxShare, Math.floor(room / 2 / Math.max(1, listeners)));
  return { limit, reserved, shared: reserved - share * listeners, share };
}

/**
 * Whether a listener keeps a new connection.
 * @param descriptor of the connection; undefined when it is not known
 * @param others connections that the listener has
 */
export function hasRoom(
  budget: DescriptorBudget | undefined,
  descriptor: number | undefined,
  others: number,
): boolean {
  if (budget === undefined || descriptor === undefined || descriptor < budget.shared) return true;
  return descriptor < budget.reserved && others < budget.share;
}

/** Why a connection was closed for which there is no room. */
export function noRoom({ limit, share }: DescriptorBudget): string {
  return `nearly all of the ${limit} file descriptors of this process are open, and this service has its share of ${share} connections; raise the limit (ulimit -n, LimitNOFILE=)`;
}
