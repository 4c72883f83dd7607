/** Messages for the most common error codes of the parser, in place of its own. */
const messages: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'text with ": " in it needs quotes, e.g. reply: "Echo: {message}"',
  BLOCK_IN_FLOW: 'text with ": " in it needs quotes between { and }, e.g. { reply: "Echo: {message}" }',
  MULTIPLE_DOCS: "a second document starts here; the file holds one",
  TAB_AS_INDENT: "a tab stands here; indent with spaces",
  BAD_INDENT: "the indentation does not match that of the lines around",
  MULTILINE_IMPLICIT_KEY: "a key without its colon, or an indentation that does not match the line above",
};

/**
 * @param code the parser's error code
 * @param line the text of the line up to the end of the error
 */
export function yamlError(code: string, message: string, line: string): string {
  if (/[{[,][^#]*:\s*\$\{/.test(line)) {
    return 'a reference to the environment or a file needs quotes between { and }, e.g. { port: "${PORT}" }';
  }
  if (/[\u201c\u201d\u2018\u2019]/.test(line)) return "typographic quotes; YAML wants \" or '";
  if (/^\s*[A-Za-z_][\w-]*:[^\s:]/.test(line)) {
    return "a key is followed by a colon and a space, e.g. port: 2222";
  }
  return messages[code] ?? message;
}
