/** A shorter secret can be guessed. */
const fewestBytes = 32

/** Prints a secret, in every shell. */
const secretCommand = `node -p "crypto.randomBytes(48).toString('base64')"`

/** @throws Error naming what is wrong, never the secret. */
export function secretsFrom(secret: string | readonly string[] | null | undefined): readonly string[] {
  if (!secret?.length) {
    throw new Error(
      'Could not use the secret: there is none. Give `secret` at least 32 random bytes, for example those of ' +
        `WARM_AGENT_SECRET. Make them with: ${secretCommand}`,
    )
  }
  const secrets = typeof secret === 'string' ? [secret] : secret
  secrets.forEach((each, index) => {
    const bytes = typeof each === 'string' ? new TextEncoder().encode(each).length : 0
    if (bytes >= fewestBytes) return
    throw new Error(
      `Could not use secret ${index + 1} of \`secret\` (WARM_AGENT_SECRET): it has ${bytes} bytes, and fewer than ${fewestBytes} can be guessed. ` +
        `Make one with: ${secretCommand}`,
    )
  })
  return secrets
}
