/** Characters that are safe in a header. A space would end the token, and so lock out its owner. */
const headerText = /^[!-~]*$/;

/** Stands for a token that is made at each start. It is shorter than a token may be, so it is none by itself. */
export const generatedToken = "generate";

/** Never quotes the token: the message is shown on a terminal and in a log. */
export function tokenError(token: string): string | undefined {
  if (token === generatedToken) return undefined;
  if (token.length < 16) return "must be 16 characters or more";
  if (!headerText.test(token)) return "must be letters, digits and signs of ASCII, without a space";
  return undefined;
}
