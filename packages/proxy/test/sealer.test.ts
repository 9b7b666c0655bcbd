import { CompactEncrypt, compactDecrypt } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { createSealer } from '../src/sealer.ts'

const secret = 'a secret that only these tests know of'
const value = { text: 'naïve 🚀', number: 1 }

afterEach(() => {
  vi.restoreAllMocks()
})

/** As it is where there is no Node: jose and WebCrypto do all. */
function withoutNode() {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
  const sealer = createSealer([secret], 'test')
  vi.restoreAllMocks()
  return sealer
}

test('what is sealed on Node opens at the edge, and the other way round', async () => {
  const [onNode, atEdge] = [createSealer([secret], 'test'), withoutNode()]
  for (const [from, to] of [
    [onNode, atEdge],
    [atEdge, onNode],
    [atEdge, atEdge],
    [onNode, onNode],
  ] as const) {
    expect(await to.open(await from.seal(value))).toEqual(value)
  }
})

test('it is a compact JWE that jose reads and writes', async () => {
  const key = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`warm-agent\0test\0${secret}`)),
  )
  const { plaintext, protectedHeader } = await compactDecrypt(await createSealer([secret], 'test').seal(value), key)
  expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM' })
  expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual(value)
  const byJose = await new CompactEncrypt(new TextEncoder().encode('7'))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key)
  expect(await createSealer([secret], 'test').open(byJose)).toBe(7)
})

test.each([
  ['on Node', () => createSealer([secret], 'test')],
  ['at the edge', withoutNode],
])('%s, no character or part of it can be changed, dropped or added', async (_, create) => {
  const sealer = create()
  const sealed = await sealer.seal(value)
  for (let at = 0; at < sealed.length; at++) {
    for (const other of ['A', 'Q', 'g', 'w', '8', '.', '=', 'é']) {
      if (sealed[at] === other) continue
      expect(await sealer.open(sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeUndefined()
    }
    expect(await sealer.open(sealed.slice(0, at) + sealed.slice(at + 1))).toBeUndefined()
  }
  const parts = sealed.split('.')
  for (const at of parts.keys()) {
    for (const part of ['', 'AAAA', 'A'.repeat(24)]) {
      if (parts[at] !== part) expect(await sealer.open(parts.with(at, part).join('.'))).toBeUndefined()
    }
  }
  for (const longer of [`${sealed}A`, `${sealed}.`, `A${sealed}`, `${sealed}\n`]) {
    expect(await sealer.open(longer)).toBeUndefined()
  }
  expect(await sealer.open(sealed)).toEqual(value)
})

test('no two sealings look the same, and one purpose does not open for another', async () => {
  const sealer = createSealer([secret], 'test')
  const sealed = await sealer.seal(value)
  expect(await sealer.seal(value)).not.toBe(sealed)
  expect(await createSealer([secret], 'another purpose').open(sealed)).toBeUndefined()
})
