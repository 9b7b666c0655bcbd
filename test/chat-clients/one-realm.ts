import { Buffer } from 'node:buffer'

/**
 * The proxy runs in the process of the page, but is no part of it: Node's encoder and cryptography do not know jsdom's
 * arrays. Import this before the proxy.
 */
globalThis.Uint8Array = Object.getPrototypeOf(Buffer)
