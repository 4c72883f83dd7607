/** What is wrong at the moment without being an error, for a person to read. */
export interface Problem {
  /** Which sentence it is: who speaks another language than English puts the values into one of their own. */
  readonly code: string;
  readonly values: ProblemValues;
  /** The sentence in English. */
  readonly text: string;
}

export type ProblemValues = Readonly<Record<string, string | number>>;

export const problem = (code: string, text: string, values: ProblemValues = {}): Problem => ({
  code,
  values,
  text,
});
