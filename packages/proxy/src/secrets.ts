/** A shorter secret can be guessed. */
const fewestBytes = 32

/** @throws Error naming what is wrong, never the secret. */
export function secretsFrom(secret: string | readonly string[]): readonly string[] {
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (secrets.length === 0) throw new Error('Could not use the secret: there is none. Give one of at least 32 bytes.')
  secrets.forEach((each, index) => {
    const bytes = typeof each === 'string' ? new TextEncoder().encode(each).length : 0
    if (bytes >= fewestBytes) return
    throw new Error(
      `Could not use secret ${index + 1}: it has ${bytes} bytes, and fewer than ${fewestBytes} can be guessed. ` +
        'Make one with: openssl rand -base64 48',
    )
  })
  return secrets
}
