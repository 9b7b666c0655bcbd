/** Tells on stderr what is being done: on a terminal in one line that is replaced, elsewhere in a line each. */
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
