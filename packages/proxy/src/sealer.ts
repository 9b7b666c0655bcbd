import { base64url, CompactEncrypt, compactDecrypt } from 'jose'
import { nodeCipher } from './node-cipher.ts'
import { sha256 } from './sha256.ts'

/** Encrypts and authenticates small values, so that only holders of the secret can read or make them. */
export interface Sealer {
  seal(value: unknown): Promise<string>
  /** @returns what was sealed, or `undefined` for anything that this purpose and these secrets did not seal. */
  open(sealed: string): Promise<unknown>
}

/** A sealed value is a few hundred bytes; what is much longer was not made here. */
const longestSealed = 4096
const jweHeader = { alg: 'dir', enc: 'A256GCM' }
const encodedHeader = base64url.encode(JSON.stringify(jweHeader))
/** Decoders ignore the unused bits of the last character. Here they must be 0, so that every value has one spelling only. */
const base64urlPart = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/**
 * Seals as JWE (`dir`, A256GCM).
 *
 * @param secrets The first seals, all open: put a new secret in front to rotate.
 * @param purpose Values sealed for one purpose do not open for another.
 */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = Promise.all(secrets.map(secret => deriveKey(secret, purpose)))
  const cipher = nodeCipher()

  return {
    async seal(value) {
      const [newest] = await keys
      if (!newest) throw new Error('Could not seal: there is no secret. Give at least one.')
      const text = JSON.stringify(value)
      if (cipher) return cipher.seal(newest, encodedHeader, text)
      return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(jweHeader).encrypt(newest)
    },

    async open(sealed) {
      const parts = sealed.length > longestSealed ? [] : sealed.split('.')
      const [header, noKey, ...rest] = parts
      if (parts.length !== 5 || header !== encodedHeader || noKey !== '') return undefined
      if (!rest.every(part => base64urlPart.test(part))) return undefined
      for (const key of await keys) {
        const text = cipher ? cipher.open(key, parts) : await openByJose(key, sealed)
        if (text !== undefined) return JSON.parse(text)
      }
      return undefined
    },
  }
}

function openByJose(key: Uint8Array, sealed: string): Promise<string | undefined> {
  return compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  }).then(
    ({ plaintext }) => new TextDecoder().decode(plaintext),
    () => undefined,
  )
}

function deriveKey(secret: string, purpose: string): Promise<Uint8Array> {
  return sha256(`warm-agent\0${purpose}\0${secret}`)
}
