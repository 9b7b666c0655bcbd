import { CompactEncrypt, compactDecrypt } from 'jose'

/** Encrypts and authenticates small values, so that only holders of the secret can read or make them. */
export interface Sealer {
  seal(value: unknown): Promise<string>
  /** @returns what was sealed, or `undefined` for anything that this purpose and these secrets did not seal. */
  open(sealed: string): Promise<unknown>
}

/** A sealed value is a few hundred bytes; what is much longer was not made here. */
const longestSealed = 4096

/**
 * @param secrets The first seals, all open: put a new secret in front to rotate.
 * @param purpose Values sealed for one purpose do not open for another.
 */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map(secret => deriveKey(secret, purpose))

  return {
    async seal(value) {
      const [newest] = keys
      if (!newest) throw new Error('Could not seal: there is no secret. Give at least one.')
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(await newest)
    },
    async open(sealed) {
      if (sealed.length > longestSealed) return undefined
      for (const key of keys) {
        const opened = await compactDecrypt(sealed, await key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        }).catch(() => undefined)
        if (opened) return JSON.parse(new TextDecoder().decode(opened.plaintext))
      }
      return undefined
    },
  }
}

async function deriveKey(secret: string, purpose: string): Promise<Uint8Array> {
  const material = new TextEncoder().encode(`warm-agent\0${purpose}\0${secret}`)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', material))
}
