import type { CaptureInterface } from "../frame.ts";

/** What an interface says of itself whose packets have real payloads, and headers that whoever wrote them has made up. */
const madeUpHeaders = "made-up headers";

/** The description of the interface of a service, whose name is the interface's. */
export const describeMadeUp = (role?: string): string =>
  role === undefined ? madeUpHeaders : `${madeUpHeaders}, role ${role}`;

const description = new RegExp(`^${madeUpHeaders}(?:, role ([a-z0-9-]{1,32}))?$`);

/** A name that may be shown. */
const printableName = /^[^\p{C}]{1,64}$/u;

export const hasMadeUpHeaders = (found: CaptureInterface): boolean =>
  description.test(found.description ?? "");

/** The service whose packets an interface has. */
export interface InterfaceService {
  readonly name: string;
  /** Undefined where the file does not say it. */
  readonly role: string | undefined;
}

export function serviceOfInterface(found: CaptureInterface): InterfaceService | undefined {
  if (found.name === undefined || !printableName.test(found.name)) return undefined;
  const said = description.exec(found.description ?? "");
  return said === null ? undefined : { name: found.name, role: said[1] };
}
