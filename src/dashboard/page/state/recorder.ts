import { BlockCutter } from "../../../protocol/capture/block-cutter.ts";
import { CaptureError } from "../../../protocol/capture/capture-error.ts";
import { ApiError, errorMessage } from "../api/client.ts";
import { GrowingBlob } from "./growing-blob.ts";
import { type Store, store } from "./store.ts";

/** Why a recording has ended, and what the server or the browser says of it. */
export type RecordingEnd =
  | { readonly kind: "stopped" | "full" }
  /** The server has sent the end of the file. */
  | { readonly kind: "server" }
  /** The stream ended in the middle of a block, without an error. */
  | { readonly kind: "cut" }
  /** No connection, or none any more. */
  | { readonly kind: "broken"; readonly reason: string }
  /** What came is no pcapng file of distsrv's. */
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string };

/** How much of a recording there is. */
export interface Recorded {
  readonly packets: number;
  /** Packets that the server had no room or time for. */
  readonly dropped: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** What is recorded, since when. */
interface Begun {
  /** Undefined: all services. */
  readonly services: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface RunningRecording extends Begun {
  readonly kind: "running";
}

export interface EndedRecording extends Begun, Recorded {
  readonly kind: "ended";
  readonly end: RecordingEnd;
  /** Whole, up to the end of a block. Undefined: nothing has come. */
  readonly file: { readonly name: string; readonly blob: Blob } | undefined;
  /** Whether the browser was asked to save the file. */
  readonly isSaved: boolean;
}

export type RecordingState = { readonly kind: "none" } | RunningRecording | EndedRecording;

/** A recording as the server sends it. */
export interface OpenedRecording {
  readonly body: ReadableStream<Uint8Array>;
  /** Asks the server for the end of it. Absent: an older one cannot be asked. */
  readonly askForEnd?: (() => Promise<unknown>) | undefined;
}

export interface RecorderOptions {
  /** @throws {ApiError} when the server refuses */
  readonly open: (path: string, signal: AbortSignal) => Promise<OpenedRecording>;
  readonly save: (name: string, blob: Blob) => void;
  readonly now?: () => number;
  readonly maxBytes?: number;
  /** Milliseconds in which a server that was asked has to send the end. */
  readonly endTimeout?: number;
}

/**
 * A browser has the file in its memory, or among its temporary files, until it is saved, and machines in a lab have little
 * of both. It is an hour at 140 kB a second; for more there is `distcli record`, which writes to the disk.
 */
export const maxRecordedBytes = 500_000_000;

/** Records what the services receive and send, one recording at a time, and keeps it until it is saved or given up. */
export class Recorder {
  readonly state: Store<RecordingState> = store<RecordingState>({ kind: "none" });
  readonly #options: Required<RecorderOptions>;
  /** The one that runs. */
  #run: Run | undefined;

  constructor(options: RecorderOptions) {
    this.#options = { now: Date.now, maxBytes: maxRecordedBytes, endTimeout: 1000, ...options };
  }

  /** Of the recording that runs. */
  get progress(): Recorded | undefined {
    return this.#run?.recorded(this.#options.now());
  }

  /** Whether something would be lost if the window were closed. */
  get hasUnsaved(): boolean {
    const state = this.state.get();
    return state.kind === "running" || (state.kind === "ended" && state.file !== undefined && !state.isSaved);
  }

  /**
   * Begins a recording, unless one runs. What an earlier one has left is saved first.
   * @param services undefined: all
   * @returns when it has ended
   */
  async start(services: readonly string[] | undefined): Promise<void> {
    if (this.#run !== undefined) return;
    if (this.hasUnsaved) this.save();
    const run = new Run({ services, startedAt: this.#options.now() });
    this.#run = run;
    this.state.set({ kind: "running", ...run.begun });
    const end = await this.#read(run).catch(endOf);
    if (run.isStopping) this.#stopped(run);
    else this.#end(run, end);
  }

  /**
   * Ends the recording, and has what there is of it saved: when the server has sent the end, in which it counts what it has left
   * out, or soon. Asked again, at once.
   */
  stop(): void {
    const run = this.#run;
    if (run === undefined) return;
    if (run.isStopping || run.askForEnd === undefined) return this.#stopped(run);
    run.isStopping = true;
    run.askForEnd().catch(() => this.#stopped(run));
    setTimeout(() => this.#stopped(run), this.#options.endTimeout);
  }

  #stopped(run: Run): void {
    if (run !== this.#run) return;
    this.#end(run, { kind: "stopped" });
    this.save();
  }

  /** Has the browser save the file; again, if it was saved already. */
  save(): void {
    const state = this.state.get();
    if (state.kind !== "ended" || state.file === undefined) return;
    this.state.set({ ...state, isSaved: true });
    this.#options.save(state.file.name, state.file.blob);
  }

  /** Forgets the recording that has ended, saved or not. */
  forget(): void {
    if (this.#run === undefined) this.state.set({ kind: "none" });
  }

  async #read(run: Run): Promise<RecordingEnd> {
    const { body, askForEnd } = await this.#options.open(pathFor(run.begun.services), run.signal);
    run.askForEnd = askForEnd;
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: run.isWhole ? "server" : "cut" };
      run.add(value);
      if (run.bytes >= this.#options.maxBytes) return { kind: "full" };
    }
  }

  #end(run: Run, end: RecordingEnd): void {
    // One that was stopped ends a second time, when its stream does.
    if (run !== this.#run) return;
    this.#run = undefined;
    run.close();
    const file = run.bytes === 0 ? undefined : { name: fileName(run.begun.startedAt), blob: run.blob() };
    const recorded = run.recorded(this.#options.now());
    this.state.set({ kind: "ended", ...run.begun, ...recorded, end, file, isSaved: false });
  }
}

/** A recording on its way. */
class Run {
  readonly begun: Begun;
  askForEnd: OpenedRecording["askForEnd"];
  /** The server was asked for the end. */
  isStopping = false;
  readonly #abort = new AbortController();
  readonly #cutter = new BlockCutter();
  readonly #file = new GrowingBlob();

  constructor(begun: Begun) {
    this.begun = begun;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get bytes(): number {
    return this.#file.size;
  }

  /** Whether what has come ends where a block does. */
  get isWhole(): boolean {
    return this.#cutter.pending === 0;
  }

  /** @throws {CaptureError} for what is no such file */
  add(chunk: Uint8Array): void {
    this.#file.add(this.#cutter.cut(chunk));
  }

  recorded(now: number): Recorded {
    const { packets, dropped } = this.#cutter;
    return { packets, dropped, bytes: this.bytes, seconds: (now - this.begun.startedAt) / 1000 };
  }

  blob(): Blob {
    return this.#file.blob();
  }

  close(): void {
    this.#abort.abort();
  }
}

const pathFor = (services: readonly string[] | undefined): string =>
  services === undefined ? "/api/record" : `/api/record?service=${encodeURIComponent(services.join(","))}`;

/** `lab-2026-11-28T08-15.pcapng`, by the local time: Windows allows no colons. */
export function fileName(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `lab-${day}T${two(date.getHours())}-${two(date.getMinutes())}.pcapng`;
}

function endOf(error: unknown): RecordingEnd {
  const reason = errorMessage(error);
  if (error instanceof ApiError) return { kind: "refused", status: error.status, reason };
  return { kind: error instanceof CaptureError ? "damaged" : "broken", reason };
}
