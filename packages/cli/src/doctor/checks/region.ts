import { type Refusal, saw, type Verdict, wrong } from '../finding.ts'

export interface RegionFacts {
  arnRegion: string
  /** `AWS_REGION`, or its flag. */
  setRegion: string | undefined
  /** Where calls go. */
  endpoint: string
  refusal: Refusal | undefined
}

/** Whether everything names one region. */
export function judgeRegion({ arnRegion, setRegion, endpoint, refusal }: RegionFacts): Verdict {
  const endpointRegion = /^https:\/\/bedrock-agentcore(?:-fips)?\.([a-z0-9-]+)\./.exec(endpoint)?.[1]
  const scope = /scoped to a valid region, '([^']*)'/i.exec(refusal?.said ?? '')?.[1]
  const why = 'A runtime lives in one region. A call that goes to another is refused there with 403 or 404.'
  return saw(
    `${arnRegion}, of the ARN`,
    setRegion !== undefined &&
      setRegion !== arnRegion &&
      wrong(
        'region-mismatch',
        `AWS_REGION is ${setRegion}, but the runtime is in ${arnRegion}.`,
        `${why} The proxy takes AWS_REGION when it is set.`,
        `Set AWS_REGION to ${arnRegion}, or leave it out: the ARN tells it.`,
      ),
    endpointRegion !== undefined &&
      endpointRegion !== arnRegion &&
      wrong(
        'endpoint-region-mismatch',
        `AWS_ENDPOINT_URL_BEDROCK_AGENTCORE is the data plane of ${endpointRegion}, but the runtime is in ${arnRegion}.`,
        why,
        'Leave the variable out, or give the URL of that region.',
      ),
    scope !== undefined &&
      wrong(
        'region-refused',
        `The data plane serves ${scope || 'another region'}, and calls are signed for ${arnRegion}.`,
        why,
        `Give an ARN of ${scope || 'that region'}, or the endpoint of ${arnRegion}.`,
      ),
  )
}
