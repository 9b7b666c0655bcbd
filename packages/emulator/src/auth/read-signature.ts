import type { IncomingHttpHeaders } from 'node:http'

/** What a client says of its signature, version 4, in the header or, presigned, in the query. */
export interface ClaimedSignature {
  where: 'header' | 'query'
  accessKeyId: string
  /** `20261130/us-east-1/bedrock-agentcore/aws4_request` in parts. */
  scope: { date: string; region: string; service: string; terminator: string }
  signedHeaders: string[]
  signature: string
  signedAt: Date
  /** Seconds that a presigned URL is good for. */
  expiresIn?: number
}

const algorithm = 'AWS4-HMAC-SHA256'

/** @returns `undefined` when there is none, or one that lacks a part. */
export function readSignature(headers: IncomingHttpHeaders, query: URLSearchParams): ClaimedSignature | undefined {
  if (query.has('X-Amz-Signature')) {
    const expiresIn = Number(query.get('X-Amz-Expires'))
    if (query.get('X-Amz-Algorithm') !== algorithm || !(expiresIn >= 1 && expiresIn <= 604_800)) return undefined
    const claimed = claim(
      'query',
      query.get('X-Amz-Credential'),
      query.get('X-Amz-SignedHeaders'),
      query.get('X-Amz-Signature'),
      query.get('X-Amz-Date'),
    )
    return claimed && { ...claimed, expiresIn }
  }
  const [scheme, rest = ''] = split(headers.authorization ?? '', ' ')
  if (scheme !== algorithm) return undefined
  const parts = new Map(rest.split(',').map(part => split(part.trim(), '=')))
  const date = headers['x-amz-date']
  return claim('header', parts.get('Credential'), parts.get('SignedHeaders'), parts.get('Signature'), String(date))
}

type Part = string | null | undefined

function claim(
  where: 'header' | 'query',
  credential: Part,
  signed: Part,
  signature: Part,
  time: Part,
): ClaimedSignature | undefined {
  const [accessKeyId, date, region, service, terminator, more] = (credential ?? '').split('/')
  const signedAt = readTime(time ?? '')
  if (!accessKeyId || !date || !region || !service || !terminator || more !== undefined) return undefined
  if (!signed || !signature || !signedAt) return undefined
  const scope = { date, region, service, terminator }
  return { where, accessKeyId, scope, signedHeaders: signed.split(';'), signature, signedAt }
}

/** Reads `20261130T120000Z`. */
function readTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1)
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
