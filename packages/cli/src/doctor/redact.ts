import { causesOf } from '@warm-agent/proxy/runtime-kit'
import { printable, withoutSequences, withoutUrlSecrets } from '../printable.ts'
import { withoutAccount } from '../without-account.ts'

/** Makes what a report quotes fit to be passed on. */
export interface Redactor {
  /**
   * What is sent to others, who may echo it. From now on it is taken out, and so is each part of it that looks like a secret.
   *
   * @param isSecret Without it the parts alone are: as a whole it may be a word like others.
   */
  hide(value: string | undefined, isSecret?: boolean): void
  /** Takes out what was hidden, ids of sessions and keys, accounts, tokens, secrets of URLs, and control characters. */
  redact(text: string): string
}

/** What is shorter is no secret, and would be found in other words. */
const shortest = 6
/** Words of a report are shorter, or have no digits among their letters. */
const longestWord = 24
/** A quote may be cut off in the middle of a secret: so much of its beginning is enough to know it by. */
const startLength = 12

export function createRedactor(): Redactor {
  const hidden = new Set<string>()
  return {
    hide(value = '', isSecret = true) {
      if (isSecret && value.length >= shortest) hidden.add(value)
      for (const part of value.split(/[\s,;="']+/)) if (looksSecret(part)) hidden.add(part)
    },
    redact(text) {
      // The longest first: others may be parts of it.
      const secrets = [...hidden].sort((one, other) => other.length - one.length)
      const known = withoutUrlSecrets(secrets.reduce(without, withoutSequences(text)))
        .replace(/\b(doctor-[0-9a-f]{6})[0-9a-f-]{30}/g, '$1…')
        .replace(/\b(A[KS]IA[0-9A-Z]{4})[0-9A-Z]{12,}/g, '$1…')
      // It knows what the platform and our own proxy quote.
      return printable(withoutAccount(causesOf(known).join('')))
    },
  }
}

function looksSecret(part: string): boolean {
  return part.length > longestWord || (part.length >= shortest && /\d/.test(part) && /[a-z]/i.test(part))
}

function without(text: string, secret: string): string {
  const rest = secret.slice(startLength)
  return text
    .split(secret.slice(0, startLength))
    .map((piece, index) => (index === 0 ? piece : piece.slice(lengthInCommon(piece, rest))))
    .join('[cut]')
}

function lengthInCommon(one: string, other: string): number {
  let length = 0
  while (length < other.length && one[length] === other[length]) length += 1
  return length
}
