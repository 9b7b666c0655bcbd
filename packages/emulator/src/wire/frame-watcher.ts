/** What the platform lets through in one WebSocket frame: 64 KB (AgentCore quotas). */
const largestFrame = 65_536

/** Reads the frames of one direction of a WebSocket as its bytes pass by, without keeping any. */
export interface FrameWatcher {
  /** @returns how many frames began in these bytes, or `undefined` when one is larger than the platform lets through */
  watch(bytes: Uint8Array): number | undefined
}

/** RFC 6455, section 5.2: two bytes, two or eight more for a length, four more for a mask; then the payload. */
export function createFrameWatcher(): FrameWatcher {
  let header: number[] = []
  let payloadLeft = 0

  return {
    watch(bytes) {
      let frames = 0
      for (let at = 0; at < bytes.length; ) {
        if (payloadLeft > 0) {
          const passed = Math.min(payloadLeft, bytes.length - at)
          payloadLeft -= passed
          at += passed
          continue
        }
        header.push(bytes[at++] as number)
        const size = headerSize(header)
        if (size === undefined || header.length < size) continue
        payloadLeft = payloadLength(header)
        header = []
        if (payloadLeft > largestFrame) return undefined
        frames++
      }
      return frames
    },
  }
}

function headerSize([, second]: number[]): number | undefined {
  if (second === undefined) return undefined
  const length = second & 0x7f
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0)
}

function payloadLength([, second = 0, ...rest]: number[]): number {
  const length = second & 0x7f
  if (length < 126) return length
  return rest.slice(0, length === 127 ? 8 : 2).reduce((sum, byte) => sum * 256 + byte, 0)
}
