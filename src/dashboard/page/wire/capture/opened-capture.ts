import type {
  CapturedCourse,
  CaptureLanguage,
  CapturePicture,
  CaptureProblem,
  FromWorker,
  ReportCover,
  ToWorker,
} from "../../../capture/messages.ts";
import { services } from "../../state/lab.ts";
import { route, setQuery } from "../../state/route.ts";
import { store } from "../../state/store.ts";

/** A capture file on its way into the page. */
export type OpenedCapture =
  | { readonly is: "reading"; readonly file: string; readonly size: number; readonly read: number }
  | { readonly is: "failed"; readonly file: string; readonly problem: CaptureProblem }
  | {
      readonly is: "open";
      readonly file: string;
      readonly picture: CapturePicture;
      readonly courses: (numbers: readonly number[]) => Promise<readonly CapturedCourse[]>;
      readonly report: (language: CaptureLanguage, cover: ReportCover) => Promise<string>;
    };

/** Undefined: the live traffic is shown. It survives a visit to another page. */
export const opened = store<OpenedCapture | undefined>(undefined);

let worker: CaptureWorker | undefined;
/** The query of the address while a capture was shown last. */
export const captureQuery = { text: "" };

/** Reads a file in this browser, in a thread of its own; it is sent nowhere. */
export function openCapture(file: File): void {
  worker?.stop();
  // What is followed in the live traffic is not in the file. The live page remembers it itself.
  captureQuery.text = new URLSearchParams(route.get().query).get("tcp") === "shown" ? "tcp=shown" : "";
  setQuery(captureQuery.text, "replace");
  opened.set({ is: "reading", file: file.name, size: file.size, read: 0 });
  worker = new CaptureWorker(file);
}

/** Back to the live traffic. What was read is forgotten. */
export function closeCapture(): void {
  worker?.stop();
  worker = undefined;
  if (opened.get() === undefined) return;
  opened.set(undefined);
  setQuery("", "replace");
}

type Answer = Extract<FromWorker, { is: "courses" | "report" }>;

/** It answers in the order of the questions. */
class CaptureWorker {
  readonly #worker = new Worker("/assets/capture.js", { type: "module" });
  readonly #file: File;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor(file: File) {
    this.#file = file;
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    // Its script cannot be loaded, or what it does is more than the browser allows.
    this.#worker.onerror = () => this.#fail({ code: "no-reader" });
    this.#post({ is: "read", file, services: listening() });
  }

  stop(): void {
    this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    // Another file has been opened meanwhile.
    if (worker !== this) return;
    const { name, size } = this.#file;
    switch (message.is) {
      case "progress":
        opened.set({ is: "reading", file: name, size, read: message.read });
        return;
      case "picture":
        opened.set(this.#open(message.picture));
        return;
      case "failed":
        this.#fail(message.problem);
        return;
      default:
        this.#waiting.shift()?.(message);
    }
  }

  #fail(problem: CaptureProblem): void {
    if (worker !== this) return;
    opened.set({ is: "failed", file: this.#file.name, problem });
    this.stop();
  }

  #open(picture: CapturePicture): OpenedCapture {
    return {
      is: "open",
      file: this.#file.name,
      picture,
      courses: async (numbers) => {
        const answer = await this.#ask({ is: "courses", numbers });
        return answer.is === "courses" ? answer.courses : [];
      },
      report: async (language, cover) => {
        const answer = await this.#ask({ is: "report", language, cover });
        return answer.is === "report" ? answer.html : "";
      },
    };
  }

  #ask(question: ToWorker): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#post(question);
    });
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

/** Where the services of this lab listen, for a capture of them on other ports than usual. */
function listening() {
  return (services.get() ?? []).flatMap(({ name, role, addresses }) =>
    addresses.flatMap((address) => {
      const port = Number(/:(\d+)$/.exec(address)?.[1]);
      return port > 0 ? { name, role, port } : [];
    }),
  );
}
