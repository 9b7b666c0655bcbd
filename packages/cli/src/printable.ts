/**
 * Takes out of URLs what is secret in many: user and password, query and fragment. Errors of the AWS SDK and of `fetch` name the
 * whole URL.
 */
export function withoutUrlSecrets(text: string): string {
  return text
    .replace(/\b([a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '$1…@')
    .replace(/\b([a-z][a-z\d+.-]*:\/\/[^\s?#"'<>]*)([?#])[^\s"'<>]*[^\s"'<>.,:;]/gi, '$1$2…')
}

/** Agents write in colours, as to a terminal (ECMA-48, 5.4). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is one that is looked for
const sequences = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g

/** @returns the text without colours and the like: they hide where a secret begins from whoever looks for it. */
export function withoutSequences(text: string): string {
  return text.replace(sequences, '')
}

/** What others say, on a terminal: a control character could move the cursor, or write what looks like ours. */
export function printable(text: string): string {
  return withoutControls(withoutSequences(text).replace(/[\r\n\t]+/g, ' '))
}

/** The same for text that has lines of its own. */
export function printableLines(text: string): string {
  return withoutSequences(text)
    .split(/\r?\n/)
    .map(line => withoutControls(line.replaceAll('\t', '  ')))
    .join('\n')
}

/** Also the marks that turn the direction of writing, and separators that count as line ends. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
