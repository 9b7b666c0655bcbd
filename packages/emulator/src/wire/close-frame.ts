/** A WebSocket's last frame, from a server: RFC 6455, section 5.5.1. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123)
  const head = Buffer.from([0x88, text.length + 2, code >> 8, code & 0xff])
  return Buffer.concat([head, text])
}
