/**
 * A normative statement of a specification: what it demands in a few words, and, where no test has its number in the
 * title, why.
 */
export type Statement = string | readonly [demands: string, why: Why];

export type Why =
  /** MQTT 5.0 demands the same under this number, and the tests of that run with both versions. */
  | { readonly like: string }
  /** These tests verify it, though the number is not in their titles. */
  | { readonly tests: readonly string[] }
  /** No test can verify it. */
  | { readonly because: string };

/** The statements of one version, by number (`3.8.4-1`). */
export interface Specification {
  /** What a server must do, or must detect in a client. */
  readonly server: Readonly<Record<string, Statement>>;
  /** What concerns clients only: a server can neither do nor detect it. */
  readonly client: Readonly<Record<string, string>>;
}
