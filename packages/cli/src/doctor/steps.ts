/** What is being done, on stderr: on a terminal a line that goes away, elsewhere a line each. */
export function createSteps(): { begin(text: string): void; clear(): void } {
  const { isTTY } = process.stderr
  const clear = () => {
    if (isTTY) process.stderr.write('\r\u001b[K')
  }
  return {
    clear,
    begin(text) {
      clear()
      process.stderr.write(isTTY ? `… ${text}` : `… ${text}\n`)
    },
  }
}
