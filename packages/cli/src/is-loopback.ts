/** Whether a URL leads to this machine. */
export function isLoopback(url: string | undefined): boolean {
  return URL.canParse(url ?? '') && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url ?? '').hostname)
}
