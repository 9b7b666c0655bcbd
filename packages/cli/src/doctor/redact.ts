import { withoutAccount } from '../without-account.ts'

/** Takes session ids and accounts out of what others say. */
export function redact(text: string): string {
  return withoutAccount(text.replace(/\b(doctor-[0-9a-f]{6})[0-9a-f-]{30}/g, '$1…'))
}
