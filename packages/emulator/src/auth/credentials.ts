/** An access key of AWS. */
export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

/** What `Emulator.env` and the `export` lines say: nobody's secret. */
export const ownCredentials: Credentials = { accessKeyId: 'emulator', secretAccessKey: 'emulator-secret' }

/**
 * What an emulator accepts that was told nothing: its own, and those of its environment, for clients that have them
 * already. The latter may be somebody's real ones; they are compared, and never printed.
 */
export function defaultCredentials(environment: NodeJS.ProcessEnv): Credentials[] {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  return accessKeyId && secretAccessKey ? [ownCredentials, { accessKeyId, secretAccessKey }] : [ownCredentials]
}

export function isCredentials(value: unknown): value is Credentials {
  const { accessKeyId, secretAccessKey } = (value ?? {}) as Partial<Credentials>
  return [accessKeyId, secretAccessKey].every(part => typeof part === 'string' && part !== '')
}
