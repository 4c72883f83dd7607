export interface QName {
  /** Empty: no namespace. */
  readonly namespace: string;
  readonly local: string;
}

/** Clark notation: `{namespace}local`, or `local` without a namespace. */
export function clarkName({ namespace, local }: QName): string {
  return namespace === "" ? local : `{${namespace}}${local}`;
}
