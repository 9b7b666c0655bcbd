import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { PlatformError } from '../platform-errors.ts'
import type { Credentials } from './credentials.ts'
import type { ClaimedSignature } from './read-signature.ts'

/** How far a signature's time may be from ours (AWS general reference, "Elements of an AWS API request signature"). */
const longestSkewMs = 5 * 60_000

const service = 'bedrock-agentcore'
const bodyHashHeader = 'x-amz-content-sha256'

/** What was signed. */
export interface SignedRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Uint8Array
}

/**
 * Signs the request again, with the secret that belongs to the key, and compares.
 *
 * @throws PlatformError 403, in the words of AWS.
 */
export async function verifySignature(
  claimed: ClaimedSignature,
  request: SignedRequest,
  accepted: { credentials: readonly Credentials[]; region: string },
): Promise<void> {
  const credentials = accepted.credentials.find(({ accessKeyId }) => accessKeyId === claimed.accessKeyId)
  if (!credentials) throw denied('The security token included in the request is invalid.')
  checkScope(claimed, accepted.region)
  checkTime(claimed, Date.now())
  if (!claimed.signedHeaders.includes('host')) {
    throw denied("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  }
  const bodyHash = checkBodyHash(request, claimed)
  const signed = await signAgain(claimed, request, bodyHash, { credentials, region: accepted.region })
  if (!isSame(signed, claimed.signature)) {
    throw denied(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
        'and signing method. Consult the service documentation for details.',
    )
  }
}

function checkScope({ scope, signedAt }: ClaimedSignature, region: string): void {
  const expected = { date: stamp(signedAt).slice(0, 8), region, service, terminator: 'aws4_request' }
  for (const [part, value] of Object.entries(expected)) {
    if (scope[part as keyof typeof scope] === value) continue
    throw denied(`Credential should be scoped to a valid ${part}, '${value}'.`)
  }
}

function checkTime({ signedAt, expiresIn = 0 }: ClaimedSignature, now: number): void {
  const [goodForMs, time] = [Math.max(expiresIn * 1_000, longestSkewMs), signedAt.getTime()]
  if (expiresIn > 0 && now > time + expiresIn * 1_000) {
    throw denied(`Signature expired: the URL was good until ${stamp(new Date(time + expiresIn * 1_000))}.`)
  }
  if (now - time > goodForMs) {
    throw denied(`Signature expired: ${stamp(signedAt)} is now earlier than ${stamp(new Date(now - goodForMs))}.`)
  }
  if (time - now > longestSkewMs) {
    throw denied(`Signature not yet current: ${stamp(signedAt)} is still later than ${stamp(new Date(now))}.`)
  }
}

/** @returns what stands for the body in the signature. */
function checkBodyHash({ headers, query, body }: SignedRequest, { where }: ClaimedSignature): string {
  const actual = createHash('sha256').update(body).digest('hex')
  const said = where === 'header' ? headers[bodyHashHeader] : query.get('X-Amz-Content-Sha256')
  if (said === undefined || said === null || said === actual) return actual
  if (said === 'UNSIGNED-PAYLOAD') return said
  throw denied('The provided x-amz-content-sha256 header does not match what was computed.')
}

async function signAgain(
  { where, signedHeaders, signedAt, expiresIn }: ClaimedSignature,
  { method, path, query, headers }: SignedRequest,
  bodyHash: string,
  { credentials, region }: { credentials: Credentials; region: string },
): Promise<string | undefined> {
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false })
  const signableHeaders = new Set(signedHeaders)
  // The hash of the body is given, not computed: Node does it many times faster. It is part of the headers only if it was then.
  const unsignableHeaders = new Set([bodyHashHeader])
  const present = signedHeaders.flatMap(name => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  const request = new HttpRequest({
    method,
    path,
    query: readQuery(query, where === 'query'),
    headers: { ...Object.fromEntries(present), [bodyHashHeader]: bodyHash },
  })
  if (where === 'header') {
    const signed = await signer.sign(request, { signingDate: signedAt, signableHeaders, unsignableHeaders })
    return signed.headers.authorization?.split('Signature=')[1]
  }
  const signed = await signer.presign(request, {
    signingDate: signedAt,
    expiresIn: expiresIn ?? 0,
    signableHeaders,
    unsignableHeaders,
    unhoistableHeaders: new Set([bodyHashHeader, ...signedHeaders]),
  })
  return String(signed.query?.['X-Amz-Signature'])
}

/** A name that comes several times has several values. What presigning adds is left out: it is added again. */
function readQuery(query: URLSearchParams, isPresigned: boolean): Record<string, string[]> {
  const added = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature)$/
  const names = [...new Set(query.keys())].filter(name => !(isPresigned && added.test(name)))
  return Object.fromEntries(names.map(name => [name, query.getAll(name)]))
}

function isSame(one: string | undefined, other: string): boolean {
  const [a, b] = [Buffer.from(one ?? ''), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `20261130T120000Z` */
function stamp(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '')
}

function denied(message: string): PlatformError {
  return new PlatformError('AccessDeniedException', message)
}
