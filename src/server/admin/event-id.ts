/** Where a reader stands: after which event, of which run of the server. */
export interface EventId {
  readonly run: string;
  readonly seq: number;
}

export const formatEventId = ({ run, seq }: EventId): string => `${run}-${seq}`;

/** Undefined for what is no id of ours, which a reader cannot have from us. */
export function parseEventId(text: string | undefined): EventId | undefined {
  const [, run, seq] = /^(.{1,64})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return run === undefined || seq === undefined ? undefined : { run, seq: Number(seq) };
}
