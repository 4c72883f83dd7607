/** Text with one look. */
export interface Span {
  readonly text: string;
  readonly colour?: "green" | "red" | "yellow" | undefined;
  readonly isBold: boolean;
  readonly isFaint: boolean;
}

type Look = Omit<Span, "text">;

const plain: Look = { isBold: false, isFaint: false };

/** What the style of our own terminal output (SGR) changes. */
const changes: Readonly<Record<string, Partial<Look>>> = {
  "1": { isBold: true },
  "2": { isFaint: true },
  "22": { isBold: false, isFaint: false },
  "31": { colour: "red" },
  "32": { colour: "green" },
  "33": { colour: "yellow" },
  "39": { colour: undefined },
};

/** Output of our commands in pieces of one look each. */
export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let look = plain;
  for (const [index, piece] of text.split(/\u001b\[(\d+)m/).entries()) {
    if (index % 2 === 1) look = { ...look, ...changes[piece] };
    else if (piece !== "") spans.push({ text: piece, ...look });
  }
  return spans;
}

/** The same without any look. */
export const plainText = (text: string): string =>
  spansOf(text)
    .map((span) => span.text)
    .join("");
