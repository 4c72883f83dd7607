/**
 * A normative statement of a specification: in a few words what it demands, and, where no test names its number in
 * the title, why that is.
 */
export type Statement = string | readonly [demands: string, why: Why];

export type Why =
  /** MQTT 5.0 says the same under this number, and the tests of that run with both versions. */
  | { readonly like: string }
  /** These tests show it, though their titles do not name the number. */
  | { readonly tests: readonly string[] }
  /** No test can show it. */
  | { readonly because: string };

/** The statements of one version, by number (`3.8.4-1`). */
export interface Specification {
  /** What a server must do, or must notice when a client does it. */
  readonly server: Readonly<Record<string, Statement>>;
  /** What only a client can obey or break, with nothing left for a server to see or to do. */
  readonly client: Readonly<Record<string, string>>;
}
