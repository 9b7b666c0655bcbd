/**
 * Takes out of URLs what is secret in many: user and password, query and fragment. Errors of the AWS SDK and of `fetch` name the
 * whole URL.
 */
export function withoutUrlSecrets(text: string): string {
  return text
    .replace(/\b([a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '$1…@')
    .replace(/\b([a-z][a-z\d+.-]*:\/\/[^\s?#"'<>]*)([?#])[^\s"'<>]*[^\s"'<>.,:;]/gi, '$1$2…')
}

/** What others say, on a terminal: a control character could move the cursor, or write what looks like ours. */
export function printable(text: string): string {
  return withoutControls(text.replace(/[\r\n\t]+/g, ' '))
}

/** The same for text that has lines of its own. */
export function printableLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map(line => withoutControls(line.replaceAll('\t', '  ')))
    .join('\n')
}

/** Agents write in colours (ECMA-48, SGR): these move nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is one that is looked for
const colors = /\u001b\[[\d;]*m/g

/** Also the marks that turn the direction of writing, and separators that count as line ends. */
function withoutControls(text: string): string {
  return text
    .replace(colors, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
